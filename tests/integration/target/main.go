// target is what check-matrix reads from outside: it publishes what
// runtime.ReadMemStats says, again and again, in a file mapped into memory.
//
//	target FILE quiet|live|busy|fork
//
// The file is an array of 64-bit words:
//
//	0      sequence: odd while the rest is being written
//	1, 2   wall clock before and after ReadMemStats, ns
//	3      how many values follow
//	4...   the values, in the order of publish below, BySize last
//
// FILE.sites gets runtime.MemProfile's records as text, once. "live" adds
// three allocators, and "busy" 64 that never pause; without them nothing
// allocates between two publications.
// "fork" adds children with the same executable and spoilt data (fork.go).
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const words = 512

type node struct {
	left, right *node
	pad         [40]byte
}

func tree(depth int) *node {
	n := &node{}
	if depth > 0 {
		n.left, n.right = tree(depth-1), tree(depth-1)
	}
	return n
}

// deep keeps a goroutine with a large stack, of few frames: runtime.MemProfile
// gives 32 of them at most.
func deep(n int, stop chan struct{}) int {
	var room [4096]byte
	if n == 0 {
		<-stop
		return int(room[3])
	}
	room[n&4095] = byte(n)
	return deep(n-1, stop) + int(room[n&4095])
}

var (
	keep    []interface{}
	stats   runtime.MemStats
	words64 *[words]uint64

	published [words - 4]uint64
)

func publish() {
	before := time.Now().UnixNano()
	runtime.ReadMemStats(&stats)
	goroutines := runtime.NumGoroutine()
	after := time.Now().UnixNano()
	s := &stats
	last := (s.NumGC + 255) % 256
	values := [...]uint64{s.HeapAlloc, s.TotalAlloc, s.Mallocs, s.Frees,
		s.HeapObjects, s.Sys, s.HeapSys, s.HeapIdle, s.HeapInuse,
		s.HeapReleased, s.StackInuse, s.StackSys, s.MSpanInuse,
		s.MSpanSys, s.MCacheInuse, s.MCacheSys, s.BuckHashSys, s.GCSys,
		s.OtherSys, s.NextGC, s.LastGC, s.PauseTotalNs, uint64(s.NumGC),
		uint64(s.NumForcedGC), s.PauseNs[last], s.PauseEnd[last],
		uint64(goroutines)}
	n := copy(published[:], values[:])
	for i := range s.BySize {
		published[n], published[n+1] = s.BySize[i].Mallocs, s.BySize[i].Frees
		n += 2
	}
	p := words64
	atomic.AddUint64(&p[0], 1)
	p[1], p[2], p[3] = uint64(before), uint64(after), uint64(n)
	copy(p[4:], published[:n])
	atomic.AddUint64(&p[0], 1)
}

func work(seed uint32) {
	var ring [64]interface{}
	for i := 0; ; i++ {
		seed ^= seed << 13
		seed ^= seed >> 17
		seed ^= seed << 5
		k := seed & 63
		switch seed >> 6 & 7 {
		case 0:
			ring[k] = make([]byte, 64<<10+int(seed>>12)%(512<<10))
		case 1:
			ring[k] = tree(6)
		case 2:
			ring[k] = fmt.Sprint(i)
		default:
			ring[k] = make([]byte, 16+int(seed>>12)%30000)
		}
		if i&1023 == 0 {
			time.Sleep(200 * time.Microsecond)
		}
	}
}

var small [64]*node

// churn allocates small objects as fast as it can.
func churn(k int) {
	for {
		var n *node
		for i := 0; i < 1000; i++ {
			n = &node{left: n}
		}
		small[k] = n
	}
}

// sites writes each record: allocs, frees, bytes of both, functions.
func sites(file string) {
	var records []runtime.MemProfileRecord
	n, ok := runtime.MemProfile(nil, true)
	for !ok {
		records = make([]runtime.MemProfileRecord, n+50)
		n, ok = runtime.MemProfile(records, true)
	}
	var out bytes.Buffer
	for _, r := range records[:n] {
		if r.AllocObjects == 0 {
			continue
		}
		fmt.Fprint(&out, r.AllocObjects, " ", r.FreeObjects, " ",
			r.AllocBytes, " ", r.FreeBytes)
		// As runtime/pprof does: no runtime functions at the top, unless
		// there are no others.
		var all []runtime.Frame
		hide := 0
		frames := runtime.CallersFrames(r.Stack())
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if hide == len(all) &&
				(strings.HasPrefix(f.Function, "runtime.") ||
					strings.HasPrefix(f.Function, "internal/runtime/")) {
				hide++
			}
			all = append(all, f)
		}
		if hide == len(all) {
			hide = 0
		}
		for _, f := range all[hide:] {
			fmt.Fprint(&out, " ", f.Function, ":", f.Line)
		}
		fmt.Fprintln(&out)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		panic(err)
	}
}

func fillHeap(stop chan struct{}) {
	keep = append(keep, tree(16))
	table := map[int]string{}
	for i := 0; i < 50000; i++ {
		table[i] = fmt.Sprint("value", i)
	}
	keep = append(keep, table)
	for i := 0; i < 20; i++ {
		keep = append(keep, make([]byte, 1<<20+i*4096))
	}
	garbage := [][]byte{}
	for i := 0; i < 30; i++ {
		garbage = append(garbage, make([]byte, 1<<20))
	}
	runtime.KeepAlive(garbage)
	for i := 0; i < 20; i++ {
		go deep(12, stop)
	}
}

func main() {
	f, err := os.OpenFile(os.Args[1], os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err == nil {
		err = f.Truncate(4096)
	}
	if err != nil {
		panic(err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, 4096,
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	words64 = (*[words]uint64)(unsafe.Pointer(&m[0]))
	stop := make(chan struct{})
	fillHeap(stop)
	runtime.GC()
	sites(os.Args[1] + ".sites")
	if os.Args[2] == "live" {
		for w := uint32(0); w < 3; w++ {
			go work(w*7919 + 1)
		}
	}
	if os.Args[2] == "busy" {
		for k := range small {
			go churn(k)
		}
	}
	if os.Args[2] == "fork" {
		fmt.Println("ready", forkSpoilt())
	} else {
		fmt.Println("ready", os.Getpid(), runtime.Version())
	}
	for {
		publish()
		time.Sleep(20 * time.Millisecond)
	}
}
