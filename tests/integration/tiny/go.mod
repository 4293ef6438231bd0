module residue.test/tiny

go 1.19
