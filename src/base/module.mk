libresidue_a_SOURCES += \
	include/residue/base/buf.h src/base/buf.c \
	include/residue/base/clock.h src/base/clock.c \
	include/residue/base/err.h src/base/err.c \
	include/residue/base/hash.h \
	include/residue/base/mem.h src/base/mem.c \
	include/residue/base/sat.h \
	include/residue/base/text.h src/base/text.c \
	include/residue/base/units.h src/base/units.c
