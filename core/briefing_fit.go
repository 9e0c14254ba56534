package core

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/search"
)

// briefPart is a part of a briefing before it is written.
type briefPart struct {
	name, title string
	// intro is a sentence of ours before the data.
	intro string
	// entries are the records, what matters most first. They are data, unless ours.
	entries []string
	// ours says that the text is LayerCake's own or the role's, and goes into the
	// system text as it is.
	ours bool
	// rest says how to get what is left out.
	rest string
	// needed says that the briefing means nothing without it.
	needed bool
	// uncut says that it is told whole, or not at all.
	uncut bool

	allotted int
}

// weight is what a part gets when room is short.
type weight struct {
	// priority orders the parts, the least first.
	priority int
	// floor and limit are the parts of the budget, in percent, that it gets at
	// least, if it has so much to say, and at most.
	floor, limit int
}

// percent is the whole in shares.
const percent = 100

// weights says what each part gets.
func weights() map[string]weight {
	return map[string]weight{
		"rules":          {0, 0, percent},
		"role":           {0, 30, 50},
		"task":           {1, 15, 40},
		"instructions":   {2, 5, 20},
		"attempts":       {3, 8, 20},
		"project":        {4, 3, 10},
		"gate":           {5, 4, 15},
		"specifications": {6, 6, 25},
		"notes":          {7, 2, 8},
		"questions":      {8, 2, 8},
		"decisions":      {9, 4, 15},
		"memories":       {10, 3, 12},
		"failures":       {11, 1, 8},
		"documents":      {12, 1, 6},
		"code":           {13, 0, 25},
	}
}

// leastPart is the least room, in tokens, in which something can be said.
const leastPart = 60

// least is what a part gets at least of a budget.
func (p *briefPart) least(budget int, mark string) int {
	if p.uncut {
		return p.whole(mark)
	}
	return min(p.whole(mark), max(leastPart, budget*weights()[p.name].floor/percent))
}

// leastBudget is the budget, not below the one given, that holds what is needed of
// the parts besides so many tokens.
func leastBudget(parts []*briefPart, besides, budget int, mark string) int {
	for {
		needed := besides
		for _, p := range parts {
			if p.needed {
				needed += p.least(budget, mark)
			}
		}
		if needed <= budget {
			return budget
		}
		budget = needed // of which the shares are more, but less than all of it
	}
}

// share gives each part its room: its floor first, what is needed before all else,
// then by priority as much as it can use up to its limit.
func share(parts []*briefPart, room, budget int, mark string) {
	order, of := slices.Clone(parts), weights()
	slices.SortStableFunc(order, func(a, b *briefPart) int { return of[a.name].priority - of[b.name].priority })
	grant := func(p *briefPart, upTo int) {
		if more := min(min(upTo, p.whole(mark))-p.allotted, room); more > 0 {
			p.allotted, room = p.allotted+more, room-more
		}
	}
	for _, first := range []bool{true, false} {
		for _, p := range order {
			if p.needed == first {
				grant(p, p.least(budget, mark))
			}
		}
	}
	for _, p := range order {
		grant(p, budget*of[p.name].limit/percent)
	}
}

// whole is how many tokens a part has with all its entries.
func (p *briefPart) whole(mark string) int {
	if len(p.entries) == 0 {
		return 0
	}
	return search.Tokens(p.head(mark) + strings.Join(p.entries, "") + p.foot(mark))
}

func (p *briefPart) head(mark string) string {
	if p.ours {
		return "# " + p.title + "\n\n"
	}
	return fmt.Sprintf("# %s\n\n%s\n\n<data-%s part=%q>\n", p.title, p.intro, mark, p.name)
}

func (p *briefPart) foot(mark string) string {
	if p.ours {
		return "\n"
	}
	return fmt.Sprintf("</data-%s>\n\n", mark)
}

// write writes as much of a part as fits into a number of tokens. What is left out
// is said behind the data, by us.
func (p *briefPart) write(mark string, tokens int) (string, BriefingPart) {
	out := BriefingPart{Name: p.name, Entries: len(p.entries), Whole: p.whole(mark)}
	if len(p.entries) == 0 {
		return "", out
	}
	if out.Whole <= tokens {
		out.Tokens = out.Whole
		return p.head(mark) + strings.Join(p.entries, "") + p.foot(mark), out
	}
	// Tokens are bytes by a fixed measure, so bytes can be counted instead.
	perToken := len("xxx") / search.Tokens("xxx")
	free := tokens*perToken - len(p.head(mark)) - len(p.foot(mark)) - len(p.notice(len(p.entries), true))
	var kept strings.Builder
	n := 0
	for ; n < len(p.entries) && kept.Len()+len(p.entries[n]) <= free; n++ {
		kept.WriteString(p.entries[n])
	}
	const least = 120 // bytes, below which a beginning says nothing
	if room := free - kept.Len(); n < len(p.entries) && room >= least && (n == 0 || p.needed) {
		kept.WriteString(beginning(p.entries[n], room))
		out.Shortened = true
		n++
	}
	out.Entries, out.LeftOut = n, len(p.entries)-n
	if n == 0 {
		return "", out
	}
	text := p.head(mark) + kept.String() + strings.TrimSuffix(p.foot(mark), "\n") + p.notice(out.LeftOut, out.Shortened)
	out.Tokens = search.Tokens(text)
	return text, out
}

// notice says what was left out.
func (p *briefPart) notice(left int, shortened bool) string {
	var said []string
	if shortened {
		said = append(said, "the last text was cut")
	}
	if left > 0 {
		said = append(said, fmt.Sprintf("%d more were left out", left))
	}
	text := "(For want of room " + strings.Join(said, ", and ")
	if p.rest != "" {
		text += "; " + p.rest
	}
	return text + ".)\n\n"
}

// cutShort stands where a text was cut.
const cutShort = " […]\n"

// beginning is the first part of a text, up to the end of a line or word.
func beginning(text string, size int) string {
	size -= len(cutShort)
	if size <= 0 {
		return ""
	}
	text = text[:min(size, len(text))]
	for text != "" {
		if r, n := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || n > 1 {
			break
		}
		text = text[:len(text)-1]
	}
	const look = 80
	if i := strings.LastIndexAny(text, "\n "); i > len(text)-look && i > 0 {
		text = text[:i]
	}
	return text + cutShort
}

// leftOutTokens are kept free for saying which parts found no room at all.
const leftOutTokens = 80

func leftOut(names []string) string {
	return "(For want of room nothing is said of: " + strings.Join(names, ", ") + ". The tools give it.)\n"
}

// texts lists what parts say.
func texts(lists ...[]*briefPart) []string {
	var out []string
	for _, list := range lists {
		for _, p := range list {
			out = append(out, p.entries...)
		}
	}
	return out
}

// markFor makes a word that stands in none of the texts. Data is put between tags
// with that word in them, so no data can end where it does not.
func markFor(texts []string) string {
	const length = 12
	sum := sha256.New()
	for _, t := range texts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(t), t) // a hash takes everything
	}
	for {
		mark := hex.EncodeToString(sum.Sum(nil))[:length]
		if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, mark) }) {
			return mark
		}
		_, _ = sum.Write([]byte{0})
	}
}
