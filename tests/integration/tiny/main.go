// tiny has hardly allocated when it is read from outside: no GC has run, nothing
// large was allocated, and no cache of a P was filled twice. After a byte of input
// it says what runtime.ReadMemStats says, without having allocated meanwhile.
package main

import (
	"runtime"
	"syscall"
)

var (
	stats runtime.MemStats
	input [1]byte
)

func main() {
	println("ready")
	syscall.Read(0, input[:])
	runtime.ReadMemStats(&stats)
	println("heap_alloc", stats.HeapAlloc, "total_alloc", stats.TotalAlloc,
		"mallocs", stats.Mallocs, "frees", stats.Frees,
		"heap_objects", stats.HeapObjects, "heap_inuse", stats.HeapInuse,
		"heap_idle", stats.HeapIdle, "heap_released", stats.HeapReleased,
		"heap_sys", stats.HeapSys, "stack_inuse", stats.StackInuse,
		"stack_sys", stats.StackSys, "mspan_sys", stats.MSpanSys,
		"mcache_sys", stats.MCacheSys, "buckhash_sys", stats.BuckHashSys,
		"gc_sys", stats.GCSys, "other_sys", stats.OtherSys,
		"sys", stats.Sys, "num_gc", stats.NumGC)
	for n, _ := syscall.Read(0, input[:]); n > 0; {
		n, _ = syscall.Read(0, input[:])
	}
}
