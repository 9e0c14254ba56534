package cmd

import (
	"bytes"
	"errors"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core/fault"
)

// setInFile sets one key of a configuration file and leaves everything else of
// it, comments included, as it is.
func setInFile(path, key, value string) error {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Failed("config_unreadable", "cannot read %s", path).Wrap(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return configFault(path, 0, "%v", err)
	}
	if len(doc.Content) == 0 {
		// A file of comments has no node that could keep them.
		text := bytes.TrimRight(data, "\n")
		if len(text) > 0 {
			text = append(text, '\n')
		}
		line, err := yaml.Marshal(map[string]string{key: value})
		if err != nil {
			return fault.Failed("internal", "cannot write %s", key).Wrap(err)
		}
		return writeFile(path, append(text, line...), 0o600)
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return configFault(path, top.Line, "the file should hold keys with values, one a line")
	}
	setMember(top, key, value)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&doc), enc.Close()); err != nil {
		return fault.Failed("internal", "cannot write %s", path).Wrap(err)
	}
	return writeFile(path, out.Bytes(), 0o600)
}

func setMember(mapping *yaml.Node, key, value string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			node := mapping.Content[i+1]
			node.Kind, node.Tag, node.Value, node.Content = yaml.ScalarNode, "!!str", value, nil
			return
		}
	}
	mapping.Content = append(mapping.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key},
		&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value})
}
