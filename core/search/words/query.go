package words

import "strings"

// stop are the words of questions that say nothing of what is sought. They
// are dropped from questions only, never from the index: an identifier may
// well be called "where".
//
//nolint:gochecknoglobals // a constant set
var stop = set(`a an and any are as at be been but by can could did do does for from had has have
	how i if in into is it its me my of on or our should so some that the their them then there
	these they this those to us was we were what when where which who why will with would you your
	code function implemented implementation handled located defined find show happens used`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}

	return m
}

// Term is one term of a question.
type Term struct {
	// Text is the term as the index has it.
	Text string
	// Word is the part of the question it comes from, in lower case, not
	// stemmed: for comparing with names.
	Word string
	// Whole says that the term is a whole identifier of several parts.
	Whole bool
}

// Question gives the terms of a question, each once, in order. Words that
// every question has are left out, unless nothing else is in it.
func Question(text string) []Term {
	terms := question(text, false)
	if len(terms) == 0 {
		terms = question(text, true)
	}

	return terms
}

func question(text string, keep bool) []Term {
	var terms []Term

	seen := map[string]bool{}
	add := func(t Term) {
		if t.Text != "" && !seen[t.Text] {
			seen[t.Text] = true
			terms = append(terms, t)
		}
	}

	Scan([]byte(text), func(b []byte) {
		identifier := string(b)
		if !keep && stop[strings.ToLower(identifier)] {
			return
		}

		parts := Split(identifier)
		for _, part := range parts {
			if len(parts) == 1 || keep || !stop[part] {
				add(Term{Text: Stem(part), Word: part})
			}
		}

		if len(parts) > 1 {
			whole := strings.ToLower(strings.Trim(identifier, "_"))
			add(Term{Text: whole, Word: whole, Whole: true})
		}
	})

	return terms
}

// Joined gives the terms that each two neighbours among a question's words would
// make if they were one name, in camel case and with an underscore, but for those
// that are among them.
func Joined(terms []Term) []string {
	var joined []string

	seen := map[string]bool{}
	for _, t := range terms {
		seen[t.Text] = true
	}

	for i := 1; i < len(terms); i++ {
		if terms[i-1].Whole || terms[i].Whole {
			continue
		}

		for _, between := range []string{"", "_"} {
			if name := terms[i-1].Word + between + terms[i].Word; !seen[name] {
				seen[name] = true
				joined = append(joined, name)
			}
		}
	}

	return joined
}
