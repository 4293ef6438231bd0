package main

// The cgo runtime and the C linker make another kind of program; without cgo
// this file is left out.

// int answer(void) { return 42; }
import "C"

func init() {
	if C.answer() != 42 {
		panic("cgo")
	}
}
