package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
)

// schemaVersion is the version of the JSON documents. Adding a field does not
// change it.
const schemaVersion = 1

// allFields is what a bare --json stands for.
const allFields = "*"

// The flags that choose the output, and the annotation that carries a command's
// fields to its help.
const (
	flagJSON     = "json"
	flagJQ       = "jq"
	flagTemplate = "template"
	fieldsNote   = "layercake-json-fields"
)

// output is how a command answers: text for people, or one document for
// programs.
type output struct {
	f        *Factory
	fields   []string
	selected []string
	json     string
	jq       string
	template string
}

// addOutput gives a command the flags --json, --jq and --template. record is a
// value of the type that the command shows; its JSON fields are what can be
// selected.
func addOutput(cmd *cobra.Command, f *Factory, record any) *output {
	o := &output{f: f}
	t := reflect.TypeOf(record)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct {
		for _, field := range jsonFields(t) {
			o.fields = append(o.fields, field.name)
		}
	}
	flags := cmd.Flags()
	flags.StringVar(&o.json, flagJSON, "", "print JSON; `FIELDS`, separated by commas, select among those below")
	flags.Lookup(flagJSON).NoOptDefVal = allFields
	flags.StringVar(&o.jq, flagJQ, "", "print what a jq `EXPRESSION` makes of the JSON")
	flags.StringVar(&o.template, flagTemplate, "", "print what a Go `TEMPLATE` makes of the JSON")
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[fieldsNote] = strings.Join(o.fields, ",")
	cmd.PreRunE = func(*cobra.Command, []string) error { return o.check() }
	return o
}

// check refuses wrong fields before anything is done.
func (o *output) check() error {
	if o.jq != "" && o.template != "" {
		return fault.Usage("conflicting_flags", "specify only `--jq` or `--template`").
			WithHint("run `layercake help formatting`")
	}
	if o.json == "" || o.json == allFields {
		return nil
	}
	for name := range strings.SplitSeq(o.json, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(o.fields, name) {
			e := fault.Usage("unknown_field", "there is no JSON field %q; there are: %s", name, strings.Join(o.fields, ", ")).
				WithHint("run `layercake help formatting`")
			if near := fault.Nearest(name, o.fields); near != "" {
				return e.WithHint("did you mean %q?", near)
			}
			return e
		}
		o.selected = append(o.selected, name)
	}
	return nil
}

// structured reports whether a program reads the answer.
func (o *output) structured() bool { return o.json != "" || o.jq != "" || o.template != "" }

// show answers with data, as a document or as human makes it for people.
func (o *output) show(data any, human func(p *printer)) error {
	if !o.structured() {
		return o.f.emit(human)
	}
	raw, err := o.document(data)
	if err != nil {
		return err
	}
	switch {
	case o.jq != "":
		raw, err = runJQ(o.jq, raw, o.f.IO.OutTTY)
	case o.template != "":
		raw, err = runTemplate(o.template, raw)
	case o.f.IO.OutTTY:
		var pretty bytes.Buffer
		if err = json.Indent(&pretty, raw, "", "  "); err != nil {
			err = fmt.Errorf("write the document: %w", err)
		}
		raw = append(pretty.Bytes(), '\n')
	default:
		raw = append(raw, '\n')
	}
	if err != nil {
		return err
	}
	return o.f.write(raw)
}

// written answers after a change: with the record for programs, with the id
// alone under --quiet, and otherwise as human says.
func (o *output) written(id string, data any, human func(p *printer)) error {
	if !o.structured() && o.f.flags.quiet {
		return o.f.emit(func(p *printer) { p.line("%s", id) })
	}
	return o.show(data, human)
}

// document wraps data into the envelope, with the selected fields only.
func (o *output) document(data any) ([]byte, error) {
	v := reflect.ValueOf(data)
	var body bytes.Buffer
	if err := o.encode(&body, v); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"schema_version":%d,"data":%s}`, schemaVersion, body.Bytes()), nil
}

func (o *output) encode(buf *bytes.Buffer, v reflect.Value) error {
	if len(o.selected) == 0 {
		return encodeValue(buf, v)
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		buf.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				buf.WriteByte(',')
			}
			if err := o.encode(buf, v.Index(i)); err != nil {
				return err
			}
		}
		buf.WriteByte(']')
		return nil
	}
	var record bytes.Buffer
	if err := encodeValue(&record, v); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(record.Bytes(), &members); err != nil {
		return fmt.Errorf("select fields: %w", err)
	}
	buf.WriteByte('{')
	for i, name := range o.selected {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := encodeMember(buf, name, reflect.ValueOf(members[name])); err != nil {
			return err
		}
	}
	buf.WriteByte('}')
	return nil
}
