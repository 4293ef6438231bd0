module residue/stress

go 1.19
