module residue/target

go 1.19
