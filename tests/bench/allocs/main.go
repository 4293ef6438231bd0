// allocs is what agentless_cost.py disturbs: it keeps a live heap and replaces
// pieces of it without end, timing each piece.
//
//	allocs MIB [PAUSE]
//
// PAUSE is slept after each piece: without one it is as fast as it can.
// It prints the address of its endpoint (expvar, pprof), and every 100 ms a line:
// wall clock ns, pieces so far, the slowest piece since the line before in ns.
package main

import (
	_ "expvar"
	"fmt"
	"math/rand"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"time"
)

const piece = 64 << 10

var sink int

func main() {
	mib, _ := strconv.Atoi(os.Args[1])
	var pause time.Duration
	if len(os.Args) > 2 {
		pause, _ = time.ParseDuration(os.Args[2])
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(l, nil)
	held := make([][]byte, mib<<20/piece)
	for i := range held {
		held[i] = make([]byte, piece)
		for k := 0; k < piece; k += 4096 {
			held[i][k] = 1
		}
	}
	fmt.Printf("http://%s\n", l.Addr())
	r := rand.New(rand.NewSource(1))
	var pieces, worst int64
	next := time.Now().Add(100 * time.Millisecond)
	for {
		a := time.Now()
		b := make([]byte, piece)
		for k := 0; k < piece; k += 4096 {
			b[k] = 1
		}
		held[r.Intn(len(held))] = b
		z := time.Now()
		if d := int64(z.Sub(a)); d > worst {
			worst = d
		}
		pieces++
		if pause > 0 {
			time.Sleep(pause)
		}
		for i := 0; i < 2000; i++ { // some work that does not allocate
			sink += i
		}
		if z.After(next) {
			fmt.Println(z.UnixNano(), pieces, worst)
			worst, next = 0, z.Add(100*time.Millisecond)
		}
	}
}
