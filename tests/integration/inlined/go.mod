module residue.test/inlined

go 1.22
