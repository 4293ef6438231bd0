// inlined allocates in all the ways that name a site differently: calls inlined
// into one another (and the same function both inlined and not), generic functions
// and types, closures, methods and method values, an interface, a map, a string, a
// deferred call, deep recursion, an init function; with cgo, a call back from C.
// It prints the address of its endpoint; between two GCs its profile stands still.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strings"
)

func init() { runtime.MemProfileRate = 512 }

type box[T any] struct{ items []T }

func (b *box[T]) add(n int) { b.items = append(b.items, make([]T, n)...) }

func mapped[K comparable, V any](keys []K, f func(K) V) map[K]V {
	out := make(map[K]V)
	for _, k := range keys {
		out[k] = f(k)
	}
	return out
}

type leaf struct{ room [100]byte }

type source interface{ get(n int) []byte }

type direct struct{ held [][]byte }

func (d *direct) get(n int) []byte {
	b := small(n)
	d.held = append(d.held, b)
	return b
}

// small is inlined into middle, and that into outer and get's callers.
func small(n int) []byte { return make([]byte, n) }

func middle(n int) []byte { return append(small(n), small(n)...) }

func outer(n int) [][]byte { return [][]byte{middle(n), small(2 * n)} }

//go:noinline
func alone(n int) []byte { return middle(n) }

func deep(n int) []*leaf {
	if n == 0 {
		return []*leaf{new(leaf)}
	}
	return append(deep(n-1), new(leaf))
}

func counter(step int) func() []int {
	var all []int
	return func() []int {
		all = append(all, make([]int, step)...)
		return all
	}
}

func deferred(out *[]byte) {
	defer func() { *out = append(*out, small(300)...) }()
}

var keep []interface{}

var early = outer(700)

func work() {
	ints, leaves := &box[int]{}, &box[leaf]{}
	ints.add(4000)
	leaves.add(20)
	next, d := counter(500), &direct{}
	var s source = d
	get := d.get
	var late []byte
	deferred(&late)
	keep = append(keep, ints, leaves, next(), next(), s.get(900), get(800), late, outer(600), alone(1200),
		deep(60), mapped([]string{"a", "b", "c"}, func(k string) *leaf { return &leaf{} }),
		mapped([]int{1, 2, 3}, func(k int) string { return strings.Repeat("x", k*100) }),
		fmt.Sprintf("%0500d", 1), early, back())
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	for i := 0; i < 50; i++ {
		work()
	}
	runtime.GC()
	runtime.GC()
	fmt.Printf("http://%s\n", l.Addr())
	panic(http.Serve(l, nil))
}
