residue_SOURCES += src/app/main.c
