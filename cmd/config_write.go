package cmd

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
)

// ownMode is the mode of files that may hold passwords.
const ownMode = 0o600

// setInFile sets one key of a configuration file and leaves everything else of
// it, comments included, as it is.
func setInFile(path, key, value string) error {
	data, err := readSmallFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Failed("config_unreadable", "cannot read %s", path).
			WithHint("run `ls -l %s`", path).Wrap(err)
	}
	changed, err := setInText(path, data, key, value)
	if err != nil {
		return err
	}
	return writeFile(path, changed, ownMode)
}

// setInText sets a key in the text of a file. Where that is possible only the
// value itself is touched: an encoder would move comments and empty lines.
func setInText(path string, data []byte, key, value string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, configFault(path, 0, "%v", err)
	}
	encoded, err := yaml.Marshal(value)
	if err != nil {
		return nil, fault.Failed("internal", "cannot write %s", key).
			WithHint("run `layercake config path`").Wrap(err)
	}
	encoded = bytes.TrimRight(encoded, "\n")
	line := slices.Concat([]byte(key), []byte(": "), encoded, []byte("\n"))
	if len(doc.Content) == 0 {
		return appendLine(data, line), nil // empty, or comments only
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, configFault(path, top.Line, "the file should hold keys with values, one a line")
	}
	old := member(top, key)
	switch {
	case old != nil:
		if changed, ok := replaceScalar(data, old, encoded); ok {
			return changed, nil
		}
	case top.Style&yaml.FlowStyle == 0:
		return appendLine(data, line), nil
	}
	setMember(top, key, value)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&doc), enc.Close()); err != nil {
		return nil, fault.Failed("internal", "cannot write %s", path).
			WithHint("run `layercake config path`").Wrap(err)
	}
	return out.Bytes(), nil
}

func appendLine(data, line []byte) []byte {
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	return append(data, line...)
}

// replaceScalar puts another text in the place of a value of one line. It
// returns false for values that are written in another way.
func replaceScalar(data []byte, old *yaml.Node, value []byte) ([]byte, bool) {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if old.Kind != yaml.ScalarNode || old.Line > len(lines) {
		return nil, false
	}
	line := lines[old.Line-1]
	// Keys are ASCII, so that columns are bytes.
	before, rest := line[:min(old.Column-1, len(line))], line[min(old.Column-1, len(line)):]
	written := []byte(old.Value)
	switch old.Style { //nolint:exhaustive // other styles span lines, and are not found below
	case yaml.DoubleQuotedStyle:
		written = []byte(`"` + old.Value + `"`)
	case yaml.SingleQuotedStyle:
		written = []byte("'" + old.Value + "'")
	}
	after, found := bytes.CutPrefix(rest, written)
	if !found || old.Value == "" {
		return nil, false
	}
	lines[old.Line-1] = slices.Concat(before, value, after)
	return bytes.Join(lines, nil), true
}

// member returns the value of a key, or nil. It can stand in a group.
func member(mapping *yaml.Node, key string) *yaml.Node {
	group, rest, grouped := strings.Cut(key, keyDelimiter)
	if node := directMember(mapping, group); grouped && node != nil && node.Kind == yaml.MappingNode {
		if found := directMember(node, rest); found != nil {
			return found
		}
	}
	return directMember(mapping, key)
}

func directMember(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func setMember(mapping *yaml.Node, key, value string) {
	if node := member(mapping, key); node != nil {
		node.Kind, node.Tag, node.Value, node.Style, node.Content = yaml.ScalarNode, "!!str", value, 0, nil
		return
	}
	mapping.Content = append(mapping.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key},
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value})
}
