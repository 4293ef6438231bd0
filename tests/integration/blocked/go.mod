module residue/blocked

go 1.19
