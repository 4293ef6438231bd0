// A Go process that has a page of its own memory answered by nobody: whoever
// touches it, from inside or outside, waits in the kernel (userfaultfd(2)).
//
//	blocked ADDRESS SECONDS    the page at ADDRESS (hex); after SECONDS it is back
//	blocked @ADDRESS SECONDS   the page that the pointer at ADDRESS points to
//	blocked -ADDRESS SECONDS   the page is not to be read at all for as long
//
// A third number is how many seconds it waits before, after the line "waiting".
package main

/*
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct { uintptr_t page; unsigned seconds; int gone; } todo;
static char copy[4096] __attribute__((aligned(4096)));

// Not one of the runtime's threads: those may be the first to wait.
static void *block(void *unused)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.range = {todo.page, 4096},
				      .mode = UFFDIO_REGISTER_MODE_MISSING};
	struct uffdio_copy back = {.dst = todo.page, .src = (uintptr_t)copy,
				   .len = 4096};
	int fd;

	if (todo.gone) {
		mprotect((void *)todo.page, 4096, PROT_NONE);
		dprintf(1, "ready\n");
		sleep(todo.seconds);
		mprotect((void *)todo.page, 4096, PROT_READ | PROT_WRITE);
		dprintf(1, "back\n");
		return unused;
	}
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg)) {
		dprintf(1, "unsupported\n");
		_exit(0);
	}
	memcpy(copy, (void *)todo.page, 4096);
	madvise((void *)todo.page, 4096, MADV_DONTNEED);
	dprintf(1, "ready\n");
	sleep(todo.seconds);
	ioctl(fd, UFFDIO_COPY, &back);
	dprintf(1, "back\n");
	return unused;
}

static void start(uintptr_t address, unsigned seconds, int gone)
{
	pthread_t thread;

	todo.page = address & ~(uintptr_t)4095;
	todo.seconds = seconds;
	todo.gone = gone;
	pthread_create(&thread, NULL, block, NULL);
}
*/
import "C"

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

var kept [][]byte

func main() {
	where := strings.TrimLeft(os.Args[1], "@-")
	address, err := strconv.ParseUint(where, 16, 64)
	if err != nil {
		panic(err)
	}
	seconds, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	for i := 0; i < 64; i++ {
		kept = append(kept, make([]byte, 1<<16))
	}
	runtime.GC()
	if os.Args[1][0] == '@' {
		address = uint64(*(*uintptr)(unsafe.Pointer(uintptr(address))))
	}
	if len(os.Args) > 3 {
		delay, err := strconv.Atoi(os.Args[3])
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString("waiting\n")
		time.Sleep(time.Duration(delay) * time.Second)
	}
	gone := 0
	if os.Args[1][0] == '-' {
		gone = 1
	}
	C.start(C.uintptr_t(address), C.unsigned(seconds), C.int(gone))
	time.Sleep(time.Hour)
}
