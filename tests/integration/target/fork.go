package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

type area struct{ lo, hi uintptr }

// data is the memory of the program's variables.
func data() (found []area) {
	exe, _ := os.Executable()
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		panic(err)
	}
	bss := false // a mapping without a name, right behind a named one
	var last uintptr
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var a area
		var mode string
		line := lines.Text()
		fmt.Sscanf(line, "%x-%x %s", &a.lo, &a.hi, &mode)
		named := strings.HasSuffix(line, exe)
		if mode == "rw-p" && (named || bss && a.lo == last && strings.HasSuffix(line, " 0 ")) {
			found = append(found, a)
		}
		bss, last = named || bss && a.lo == last, a.hi
	}
	return found
}

// forkSpoilt starts three children of one thread that never run the scheduler
// again, and gives their PIDs: one whose variables are as they were, one whose
// variables are zero, one without any.
func forkSpoilt() string {
	areas := data()
	pids := ""
	for kind := 0; kind < 3; kind++ {
		pid, _, sysno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
		if sysno != 0 {
			panic(sysno)
		}
		if pid == 0 {
			spoil(areas, kind)
		}
		pids += fmt.Sprint(pid, " ")
	}
	return pids
}

//go:nosplit
func spoil(areas []area, kind int) {
	syscall.RawSyscall(syscall.SYS_PRCTL, 1, uintptr(syscall.SIGKILL), 0) // PR_SET_PDEATHSIG
	for i := 0; i < len(areas); i++ {
		a := areas[i]
		if kind == 1 {
			for p := a.lo; p < a.hi; p++ {
				*(*byte)(unsafe.Pointer(p)) = 0
			}
		} else if kind == 2 {
			syscall.RawSyscall(syscall.SYS_MUNMAP, a.lo, a.hi-a.lo, 0)
		}
	}
	for {
		syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}
