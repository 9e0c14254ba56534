package role

import (
	"crypto/sha256"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the most bytes that the file of a role may have. A role is read by a
// model with every run.
const MaxSize = 64 << 10

// Limits on what a file may say.
const (
	maxText = 600
	maxList = 60
	maxName = 40
	minTime = time.Minute
	maxTime = 24 * time.Hour
)

// What a role has that does not say otherwise.
const (
	defaultQueue = "medium"
	defaultTime  = 30 * time.Minute
)

// fence is the line before and after the settings.
const fence = "---"

// Parse reads the file of a role. Its id is the name of the file, so name is
// something like ".layercake/agents/qa-engineer.md"; it also names the file in
// errors, which have code "role_invalid" and all problems in their details.
func Parse(name, text string) (Role, error) {
	r := &reader{problems: problems{file: name}}
	r.role = Role{Tier: TierBalanced, Queue: defaultQueue, Time: defaultTime, Text: text, Digest: sha256.Sum256([]byte(text))}
	r.id(name)
	switch {
	case len(text) > MaxSize:
		r.add(0, "", "the file has %d bytes; at most %d are read", len(text), MaxSize)
		return Role{}, r.err()
	case !utf8.ValidString(text):
		r.add(0, "", "the file is not text in UTF-8")
		return Role{}, r.err()
	}
	settings, body, bodyLine, ok := r.split(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"))
	if ok {
		r.settings(settings)
		r.body(body, bodyLine)
	}
	if err := r.err(); err != nil {
		return Role{}, err
	}
	return r.role, nil
}

// ValidID reports whether a word can be the id of a role.
func ValidID(id string) bool {
	return len(id) <= maxName && regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(id)
}

// reader turns a file into a role and collects problems on the way.
type reader struct {
	problems

	role Role
	// from is the line of the file that comes before the settings.
	from int
}

// id takes the id from the name of the file.
func (r *reader) id(name string) {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	id, isMarkdown := strings.CutSuffix(base, ".md")
	if !isMarkdown || !ValidID(id) {
		r.add(0, "", "a role's file is named after the role: lower-case letters, digits and hyphens, such as data-steward.md")
	}
	r.role.ID = id
}

// split takes the settings from the body.
func (r *reader) split(text string) (settings, body string, bodyLine int, ok bool) {
	lines := strings.Split(text, "\n")
	first := 0
	for first < len(lines) && strings.TrimSpace(lines[first]) == "" {
		first++
	}
	if first == len(lines) {
		r.add(0, "", "the file is empty")
		return "", "", 0, false
	}
	if strings.TrimRight(lines[first], " \t") != fence {
		r.add(first+1, "", "a role begins with its settings, between two lines of %q", fence)
		return "", "", 0, false
	}
	for i := first + 1; i < len(lines); i++ {
		if strings.TrimRight(lines[i], " \t") == fence {
			r.from = first + 1
			return strings.Join(lines[first+1:i], "\n"), strings.Join(lines[i+1:], "\n"), i + 2, true
		}
	}
	r.add(first+1, "", "the settings that begin here have no end; a line of %q ends them", fence)
	return "", "", 0, false
}

// body checks what the agent is told. Characters that nobody sees are refused:
// whoever reviews a role has to see all that the model sees.
func (r *reader) body(body string, line int) {
	if strings.TrimSpace(body) == "" {
		r.add(line, "", "nothing stands behind the settings; what the agent is to do goes there")
		return
	}
	for i, text := range strings.Split(body, "\n") {
		for _, c := range text {
			if hidden(c) {
				r.add(line+i, "", "contains the character %U, which nobody can see", c)
				break
			}
		}
	}
	r.role.Body = strings.TrimSpace(body) + "\n"
}

// hidden reports whether a character cannot be seen. Joiners belong to the way in
// which some languages are written.
func hidden(c rune) bool {
	const nonJoiner, joiner, lastSelector, firstSelector = '\u200c', '\u200d', '\ufe0f', '\ufe00'
	switch {
	case c == '\t', c == nonJoiner, c == joiner:
		return false
	case c >= firstSelector && c <= lastSelector && c != lastSelector:
		return true
	case c >= 0xE0000 && c <= 0xE0FFF: // tags and selectors, which can spell out text
		return true
	}
	return unicode.Is(unicode.Cc, c) || unicode.Is(unicode.Cf, c) || c == utf8.RuneError || c == '\u2028' || c == '\u2029'
}

// settings reads the YAML.
func (r *reader) settings(text string) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		r.syntax(err)
		return
	}
	if len(doc.Content) == 0 {
		doc.Content = []*yaml.Node{{Kind: yaml.MappingNode, Line: 1}}
	}
	read := r.fields()
	known := make([]string, len(read))
	for i := range read {
		known[i] = read[i].name
	}
	seen := r.mapping(doc.Content[0], "", known)
	if seen == nil {
		return
	}
	for _, f := range read {
		switch value, given := seen[f.name]; {
		case given:
			f.read(value, f.name)
		case f.required:
			r.add(r.from, f.name, "%s is missing: %s", f.name, f.about)
		}
	}
}

// syntax records an error of the YAML parser.
func (r *reader) syntax(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := regexp.MustCompile(`^(?:unmarshal errors:\s*)?line (\d+): `).FindStringSubmatch(text); m != nil {
		text = strings.TrimPrefix(text, m[0])
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	r.add(r.from+line, "", "the settings are not valid YAML: %s", text)
}

// clip shortens a word of the file for an error.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
