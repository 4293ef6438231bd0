module residue/gen-layouts

go 1.19
