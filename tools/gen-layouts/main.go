// gen-layouts writes the rows of src/gomem/layouts.inc: the offsets of
// runtime fields, from the DWARF of programs that each toolchain built.
//
//	gen-layouts layout_fields.h PROGRAM...
package main

import (
	"debug/buildinfo"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

type field struct {
	name  string
	need  bool
	paths []string
}

var fieldLine = regexp.MustCompile(
	`(?m)^FIELD\((\w+), ([01]), "([^"]+)"\)$`)

func readFields(file string) ([]field, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var fields []field
	for _, m := range fieldLine.FindAllStringSubmatch(string(text), -1) {
		fields = append(fields, field{m[1], m[2] == "1",
			strings.Split(m[3], "|")})
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("%s: no FIELD lines", file)
	}
	return fields, nil
}

// runtimeTypes finds the types, and the types of the variables, of package
// runtime that fields start from.
func runtimeTypes(d *dwarf.Data, fields []field) (map[string]dwarf.Type, error) {
	want := map[string]bool{}
	for _, f := range fields {
		for _, p := range f.paths {
			want["runtime."+strings.SplitN(p, ".", 2)[0]] = true
		}
	}
	types := map[string]dwarf.Type{}
	r := d.Reader()
	for {
		e, err := r.Next()
		if err != nil || e == nil {
			return types, err
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if want[name] {
			offset := e.Offset
			switch e.Tag {
			case dwarf.TagTypedef, dwarf.TagStructType:
			case dwarf.TagVariable:
				offset, _ = e.Val(dwarf.AttrType).(dwarf.Offset)
			default:
				continue
			}
			t, err := d.Type(offset)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			types[name] = t
		}
		if e.Tag == dwarf.TagSubprogram {
			r.SkipChildren()
		}
	}
}

func underlying(t dwarf.Type) dwarf.Type {
	for {
		td, ok := t.(*dwarf.TypedefType)
		if !ok {
			return t
		}
		t = td.Type
	}
}

// offset follows path ("$size" ends it) from t.
func offset(t dwarf.Type, path []string) (int64, bool) {
	var sum int64
next:
	for _, name := range path {
		st, ok := underlying(t).(*dwarf.StructType)
		if !ok {
			return 0, false
		}
		if name == "$size" {
			return st.ByteSize, true
		}
		for _, f := range st.Field {
			if f.Name == name {
				sum += f.ByteOffset
				t = f.Type
				continue next
			}
		}
		return 0, false
	}
	return sum, true
}

func (f field) find(types map[string]dwarf.Type) (int64, error) {
	for _, p := range f.paths {
		parts := strings.Split(p, ".")
		if t := types["runtime."+parts[0]]; t != nil {
			if v, ok := offset(t, parts[1:]); ok {
				return v, nil
			}
		}
	}
	if f.need {
		return 0, fmt.Errorf("%s not found", strings.Join(f.paths, " or "))
	}
	return -1, nil
}

var minorOf = regexp.MustCompile(`^go1\.(\d+)`)

func row(file string, fields []field) error {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return err
	}
	m := minorOf.FindStringSubmatch(info.GoVersion)
	if m == nil {
		return fmt.Errorf("odd version %q", info.GoVersion)
	}
	minor, _ := strconv.Atoi(m[1])
	f, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := f.DWARF()
	if err != nil {
		return err
	}
	types, err := runtimeTypes(d, fields)
	if err != nil {
		return err
	}
	var missing []string
	line := fmt.Sprintf("{\n\t.version = %q, .minor = %d, .machine = %s,\n\t",
		info.GoVersion, minor, f.Machine)
	for i, fd := range fields {
		v, err := fd.find(types)
		if err != nil {
			missing = append(missing, err.Error())
		}
		line += fmt.Sprintf(".%s = %d,", fd.name, v)
		if i%3 == 2 || i == len(fields)-1 {
			line += "\n\t"
		} else {
			line += " "
		}
	}
	if missing != nil {
		return fmt.Errorf("%s: %s", info.GoVersion, strings.Join(missing, "; "))
	}
	fmt.Println(strings.TrimSuffix(line, "\t") + "},")
	return nil
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: gen-layouts layout_fields.h PROGRAM...")
		os.Exit(2)
	}
	fields, err := readFields(os.Args[1])
	for _, file := range os.Args[2:] {
		if err == nil {
			err = row(file, fields)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen-layouts:", err)
		os.Exit(1)
	}
}
