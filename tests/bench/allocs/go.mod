module residue.test/allocs

go 1.19
