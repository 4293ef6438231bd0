// probe is the program whose DWARF gen-layouts reads. It links the heap
// profiler in, so that the profiler's types are described too.
package main

import "runtime"

func main() {
	records := make([]runtime.MemProfileRecord, 1)
	runtime.MemProfile(records, true)
	println(runtime.NumGoroutine())
}
