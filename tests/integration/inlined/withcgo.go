//go:build cgo

package main

/*
extern void allocate(int n);
static inline void call(int n) { allocate(n); }
*/
import "C"

var fromC [][]byte

//export allocate
func allocate(n C.int) { fromC = append(fromC, small(int(n))) }

func back() []byte {
	C.call(1500)
	return fromC[len(fromC)-1]
}
