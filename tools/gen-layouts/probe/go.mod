module residue/probe

go 1.19
