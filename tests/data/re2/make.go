//go:build ignore

// What Go's regexp says of patterns: lines of match, none or refused, a tab, the
// pattern, a tab, the text. The first ones try each item of the tables below in
// seven places, the others are put together at random.
//
//	go run make.go PATTERNS SEED TEXTS > cases.tsv
package main

import (
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
)

var atoms = []string{"a", "b", "main", "http", ".", "^", "$", `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\b`, `\B`, `\A`, `\z`, `\.`, `\*`, `\(`, `\)`, `\pL`, `\PL`, `\p{Lu}`, `\p{Greek}`, `\P{^Han}`, `\p{^Greek}`,
	"[a-c]", "[^a-c]", `[\d.]`, `[^\S]`, `[]a]`, `[^]a]`, `[a\]b]`, `[[:alpha:]]`, `[[:^digit:]x]`, `[[:alnum:]]`, `[[:ascii:]]`, `[[:blank:]]`, `[[:cntrl:]]`, `[[:graph:]]`, `[[:lower:]]`, `[[:print:]]`, `[[:punct:]]`, `[[:^space:]]`, `[[:upper:]]`, `[[:word:]]`, `[[:xdigit:]]`, `[[:^alpha]`, `[[:]`, `[\w-]`, `[-a]`, `[a-]`, `[\D]`, `[\p{L}_]`, `[^\pN]`, `\Q(*T)\E`, `\Qa.b`, `\x41`, `\x{3bb}`, `\101`, `\0`, "λ", "世", "é", `\t`, `_`, " ", "(", ")", "|", "[", "]", "{", "}", `\`, "-", ",", "<", ">", "!", "=", ":", `[[.a.]]`, `[[=a=]]`, `[[:foo:]]`, `[a-\d]`, `[\b]`, `[z-a]`,
	`\p{Letter}`, `\p{lower case-letter}`, `\P{Uppercase_Letter}`, `\p{ASCII}`, `\P{ascii}`, `\p{^ASCII}`, `\p{Assigned}`, `\P{Assigned}`, `\p{LC}`, `[\p{ASCII}]`, `[^\P{ASCII}b]`, `[\P{ASCII}b]`, `\p{punct}`, `\p{digit}`, `\p{HAN}`, `\p{g r e e k}`, `[\p{Lowercase_Letter}_]`, `\p{Number}`, `a(?s)*`, `a(?i)b(?s)+`, `(a)(?m){2}`, `(a)(?i){2`, `a(?U)?b`}
var quants = []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0}", "{,2}", "{2,}", "{2}?", "{1001}", "{3,1}", "{01}", "++", "**", "{2}{3}", "*+", "{ 1}"}
var groups = []string{"(", "(?:", "(?i)", "(?i:", "(?s:", "(?m)", "(?U)", "(?-s:", "(?i-s)", "(?P<n>", "(?<x1>", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?|", "(?#", "(?P=n)", "(?P>n)", "(?R)", "(?1)", "(?x)", "(?^)", "(?-)", "(?i-)", "(?)", "(*ACCEPT)", "(?'n'", "(?(1)", "(?C1)", "(?J)"}
var escapes = []string{`\1`, `\8`, `\9`, `\k<n>`, `\g1`, `\K`, `\R`, `\X`, `\h`, `\H`, `\v`, `\V`, `\N`, `\G`, `\Z`, `\e`, `\cA`, `\C`, `\E`, `\q`, `\y`, `\_`, `\-`, `\/`, `\p`, `\pX`, `\p{}`, `\p{L&}`, `\p{Xan}`, `\x`, `\x4`, `\x{}`, `\x{110000}`, `\x{zz}`, `\u0041`, `\N{U+41}`, `\p{Nonsense}`, `\p{Any}`, `\p{Han`, `\018`, `\777`}
var texts = []string{"", "a", "b", "main.main", "net/http.(*conn).serve", "main.newSession", "MAIN", "runtime.mallocgc", "a.b", "(*T)", "aab", "abab", "x1", "42", "λόγος", "世界", "É", "é", "A", "a b", "a\tb", "_x", "{,2}", "a{,2}b", "[]", "main.f[...]", "a-c", "]", "b{01}", "encoding/json.Unmarshal", "github.com/x/y.(*Z).func1.2"}

func gen(r *rand.Rand, depth int) string {
	var b strings.Builder
	for n := r.Intn(4); n >= 0; n-- {
		switch k := r.Intn(20); {
		case k < 3 && depth > 0:
			b.WriteString(groups[r.Intn(10+r.Intn(2)*r.Intn(len(groups)-10))] + gen(r, depth-1) + ")")
		case k == 4:
			b.WriteString(escapes[r.Intn(len(escapes))])
		case k == 5:
			b.WriteString("|")
		default:
			b.WriteString(atoms[r.Intn(len(atoms))])
		}
		if r.Intn(3) == 0 {
			b.WriteString(quants[r.Intn(len(quants))])
		}
	}
	return b.String()
}

func try(p string, ts []string) {
	re, err := regexp.Compile(p)
	if strings.ContainsAny(p, "\n\t") {
		return
	}
	if err != nil {
		fmt.Printf("refused\t%s\t\n", p)
		return
	}
	for _, t := range ts {
		if strings.ContainsAny(t, "\n\t") {
			continue
		}
		s := "none"
		if re.MatchString(t) {
			s = "match"
		}
		fmt.Printf("%s\t%s\t%s\n", s, p, t)
	}
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	seed, _ := strconv.Atoi(os.Args[2])
	few, _ := strconv.Atoi(os.Args[3])
	r := rand.New(rand.NewSource(int64(seed)))
	for _, l := range [][]string{atoms, quants, groups, escapes} {
		for _, a := range l {
			for _, p := range []string{a, "x" + a + "y", "[" + a + "]", "(" + a + ")", "a" + a + "*", "(?i)" + a, a + "b)"} {
				ts := make([]string, few)
				for i := range ts {
					ts[i] = texts[r.Intn(len(texts))]
				}
				try(p, ts)
			}
		}
	}
	for ; n > 0; n-- {
		ts := make([]string, few)
		for i := range ts {
			ts[i] = texts[r.Intn(len(texts))]
		}
		try(gen(r, 3), ts)
	}
}
