//go:build !cgo

package main

func back() []byte { return small(1500) }
