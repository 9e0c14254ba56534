package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// check validates arguments against a schema and returns them as they should
// have been: a number or a list that came as text, as models sometimes write
// it, is taken for what it says. problem is a sentence that names the field, or
// empty.
func check(s *Schema, raw json.RawMessage) (clean json.RawMessage, problem string) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	if problem := spoiled(raw); problem != "" {
		return nil, problem
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // an integer beyond 2^53 stays what it is
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Sprintf("the arguments are not JSON (%s)", err)
	}
	if dec.More() {
		return nil, "the arguments are more than one JSON value"
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, "the arguments are " + describe(v) + ", not an object"
	}
	v, problem = s.value("", v)
	if problem != "" {
		return nil, problem
	}
	clean, err := encode(v)
	if err != nil {
		return nil, "the arguments cannot be read: " + err.Error()
	}
	return clean, ""
}

// value checks one value; path names it in problems.
func (s *Schema) value(path string, v any) (any, string) {
	switch s.Type {
	case typeObject:
		return s.object(path, v)
	case typeArray:
		return s.array(path, v)
	case typeString:
		return s.text(path, v)
	case typeInteger, typeNumber:
		return s.number(path, v)
	case typeBoolean:
		switch b := v.(type) {
		case bool:
			return b, ""
		case string:
			if parsed, err := strconv.ParseBool(strings.ToLower(b)); err == nil {
				return parsed, ""
			}
		}
	}
	return nil, s.wrongType(path, v)
}

func (s *Schema) wrongType(path string, v any) string {
	want := "a " + s.Type
	switch s.Type {
	case typeObject, typeArray, typeInteger:
		want = "an " + s.Type
	case typeBoolean:
		want = "true or false"
	}
	return fmt.Sprintf("%s is %s; it must be %s", path, describe(v), want)
}

func (s *Schema) object(path string, v any) (any, string) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, s.wrongType(path, v)
	}
	clean := make(map[string]any, len(m))
	for _, name := range sortedKeys(m) {
		p := s.property(name)
		if p == nil {
			p = s.Values
		}
		if p == nil {
			if s.Closed {
				return nil, s.unknown(join(path, name), name)
			}
			continue
		}
		if m[name] == nil || (m[name] == "" && len(p.Enum) > 0) {
			continue // null stands for "not given", and so does none of the words
		}
		value, problem := p.value(join(path, name), m[name])
		if problem != "" {
			return nil, problem
		}
		clean[name] = value
	}
	for _, name := range s.Required {
		if _, ok := clean[name]; !ok {
			problem := join(path, name) + " is missing"
			if d := s.property(name).Description; d != "" {
				problem += " (" + strings.TrimSuffix(d, ".") + ")"
			}
			return nil, problem
		}
	}
	return clean, ""
}

func (s *Schema) unknown(path, name string) string {
	known := make([]string, len(s.Properties))
	for i, p := range s.Properties {
		known[i] = p.Name
	}
	switch near := fault.Nearest(name, known); {
	case len(known) == 0:
		return path + " is not known; this tool takes no arguments"
	case near != "":
		return fmt.Sprintf("%s is not known; did you mean %s?", path, near)
	}
	return fmt.Sprintf("%s is not known; known are %s", path, strings.Join(known, ", "))
}

func (s *Schema) array(path string, v any) (any, string) {
	list, ok := v.([]any)
	if text, isText := v.(string); !ok && isText {
		if json.Unmarshal([]byte(text), &list) != nil && s.Items.Type == typeString && text != "" {
			list = []any{text} // one entry, written without the brackets
		}
		ok = list != nil
	}
	if !ok {
		return nil, s.wrongType(path, v)
	}
	if s.MaxItems > 0 && len(list) > s.MaxItems {
		return nil, fmt.Sprintf("%s has %d entries; at most %d fit", path, len(list), s.MaxItems)
	}
	clean := make([]any, len(list))
	for i := range list {
		var problem string
		if clean[i], problem = s.Items.value(fmt.Sprintf("%s[%d]", path, i), list[i]); problem != "" {
			return nil, problem
		}
	}
	return clean, ""
}

func (s *Schema) text(path string, v any) (any, string) {
	text, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber {
		text, ok = n.String(), true // an id that is all digits
	}
	switch {
	case !ok:
		return nil, s.wrongType(path, v)
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, text):
		if canonical := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), "-", "_"); slices.Contains(s.Enum, canonical) {
			return canonical, ""
		}
		return nil, fmt.Sprintf("%s is %q; it is one of %s", path, text, strings.Join(s.Enum, ", "))
	case utf8.RuneCountInString(strings.TrimSpace(text)) < s.MinLength:
		return nil, path + " is empty"
	}
	return text, ""
}

func (s *Schema) number(path string, v any) (any, string) {
	n, ok := v.(json.Number)
	if text, isText := v.(string); isText {
		n, ok = json.Number(strings.TrimSpace(text)), true
	}
	if !ok {
		return nil, s.wrongType(path, v)
	}
	f, err := n.Float64()
	if err != nil || (s.Type == typeInteger && (f != math.Trunc(f) || math.Abs(f) > maxInteger)) {
		return nil, s.wrongType(path, v)
	}
	if s.Minimum != nil && f < *s.Minimum {
		return nil, fmt.Sprintf("%s is %s; the least is %v", path, n, *s.Minimum)
	}
	if s.Maximum != nil && f > *s.Maximum {
		return nil, fmt.Sprintf("%s is %s; the most is %v", path, n, *s.Maximum)
	}
	if s.Type == typeInteger {
		return int64(f), ""
	}
	return f, ""
}

// maxInteger is the greatest number up to which every integer has a float64.
const maxInteger = 1 << 53

// describe names a JSON value in a sentence.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return strconv.Quote(clip(v, maxQuoted))
	case []any:
		return "a list"
	}
	return "an object"
}

// maxQuoted bounds, in characters, what errors repeat of an argument.
const maxQuoted = 60

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
