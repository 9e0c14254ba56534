package cmd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
)

// schemaVersion is the version of the JSON documents. Adding a field does not
// change it.
const schemaVersion = 1

// allFields is what a bare --json stands for. The help shows it as what can stand
// there instead: --json[=FIELDS].
const allFields = "FIELDS"

// fieldsFlag is the value of --json. It says that it is a switch, which can stand
// alone.
type fieldsFlag struct{ text *string }

// String returns what was given.
func (f fieldsFlag) String() string {
	if f.text == nil {
		return "" // the flag package asks a zero value for its default
	}
	return *f.text
}

// Set takes what was given.
func (f fieldsFlag) Set(text string) error {
	if text == "" {
		return errors.New("name fields after the =, or leave it out for all")
	}
	*f.text = text
	return nil
}

// Type keeps the help from naming a value that has to follow.
func (fieldsFlag) Type() string { return "bool" }

// The flags that choose the output.
const (
	flagJSON     = "json"
	flagJQ       = "jq"
	flagTemplate = "template"
)

// output is how a command answers: text for people, or one document for
// programs.
type output struct {
	f        *Factory
	cmd      *cobra.Command
	record   reflect.Type
	selected []string
	json     string
	jq       string
	template string

	query *gojq.Code
	text  *template.Template
}

// addOutput gives a command the flags --json, --jq and --template. record is a
// value of the type that the command shows; its JSON fields are what can be
// selected.
func addOutput(cmd *cobra.Command, f *Factory, record any) *output {
	o := &output{f: f, cmd: cmd, record: reflect.TypeOf(record)}
	f.outputs[cmd] = o
	flags := cmd.Flags()
	flags.Var(fieldsFlag{&o.json}, flagJSON, "print JSON, all of it or the FIELDS named, with commas between them")
	flags.Lookup(flagJSON).NoOptDefVal = allFields
	flags.StringVar(&o.jq, flagJQ, "", "print what a jq `EXPRESSION` makes of the JSON")
	flags.StringVar(&o.template, flagTemplate, "", "print what a Go `TEMPLATE` makes of the JSON")
	cmd.PreRunE = func(*cobra.Command, []string) error { return o.check() }
	return o
}

// fields lists what can be selected.
func (o *output) fields() []string {
	t := o.record
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	var names []string
	if t.Kind() == reflect.Struct {
		for _, field := range jsonFields(t) {
			names = append(names, field.name)
		}
	}
	return names
}

// check refuses wrong fields and filters before anything is done.
func (o *output) check() (err error) {
	for _, filter := range []string{flagJQ, flagTemplate} {
		if flag := o.cmd.Flags().Lookup(filter); flag.Changed && flag.Value.String() == "" {
			return filterFault("invalid_"+filter, "--%s is empty", filter)
		}
	}
	if o.jq != "" && o.template != "" {
		return fault.Usage("conflicting_flags", "specify only `--jq` or `--template`").
			WithHint("run `layercake help formatting`")
	}
	if o.jq != "" {
		o.query, err = compileJQ(o.jq)
	} else if o.template != "" {
		o.text, err = parseTemplate(o.template)
	}
	if err != nil || o.json == "" || o.json == allFields {
		return err
	}
	fields := o.fields()
	for name := range strings.SplitSeq(o.json, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(fields, name) {
			e := fault.Usage("unknown_field", "there is no JSON field %q; there are: %s", name, strings.Join(fields, ", ")).
				WithHint("run `layercake help formatting`")
			if near := fault.Nearest(name, fields); near != "" {
				return e.WithHint("did you mean --json=%s?", near)
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
	return o.f.later(func() error { return o.answer(data) })
}

// answer answers with data as a document.
func (o *output) answer(data any) error {
	raw, err := o.document(data)
	if err != nil {
		return err
	}
	switch {
	case o.jq != "":
		raw, err = runJQ(o.query, raw, o.f.IO.OutTTY)
		raw = o.shown(raw)
	case o.template != "":
		raw, err = runTemplate(o.text, raw)
		raw = o.shown(raw)
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

// shown is text that a filter made: as it is for programs, made inert for
// terminals.
func (o *output) shown(text []byte) []byte {
	if !o.f.IO.OutTTY {
		return text
	}
	return []byte(clean(string(text), "\n\t"))
}

// written answers after a change: with the record for programs, with the id
// alone under --quiet, and otherwise as human says.
func (o *output) written(id string, data any, human func(p *printer)) error {
	if !o.structured() && o.f.flags.quiet {
		return o.f.emit(func(p *printer) { p.line("%s", id) })
	}
	if !o.structured() {
		return o.f.emit(human)
	}
	return o.f.later(func() error { return o.done(id, data) })
}

// done is [output.answer] for a change that was made, whatever comes of telling.
func (o *output) done(id string, data any) error {
	err := o.answer(data)
	if code := fault.CodeOf(err); code == "invalid_jq" || code == "invalid_template" {
		e := fault.From(err)
		return fault.Failed(code, "%s is done, but %s", cmp.Or(id, "it"), e.Message).WithHint("%s", e.Hint)
	}
	return err
}

// document wraps data into the envelope, with the selected fields only.
func (o *output) document(data any) ([]byte, error) {
	v := reflect.ValueOf(data)
	body := newEncoder()
	if err := o.encode(body, v); err != nil {
		return nil, err
	}
	raw := fmt.Appendf(nil, `{"schema_version":%d,"data":%s`, schemaVersion, escapeControls(body.buf.Bytes()))
	if o.f.committed != nil {
		committed, err := encodeJSON(o.f.committed)
		if err != nil {
			return nil, err
		}
		raw = append(append(raw, `,"git":`...), committed...)
	}
	return append(raw, '}'), nil
}

func (o *output) encode(e *encoder, v reflect.Value) error {
	if len(o.selected) == 0 {
		return e.encodeValue(v)
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		e.buf.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				e.buf.WriteByte(',')
			}
			if err := o.encode(e, v.Index(i)); err != nil {
				return err
			}
		}
		e.buf.WriteByte(']')
		return nil
	}
	record := newEncoder()
	if err := record.encodeValue(v); err != nil {
		return err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(record.buf.Bytes(), &members); err != nil {
		return fmt.Errorf("select fields: %w", err)
	}
	e.buf.WriteByte('{')
	for i, name := range o.selected {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		if err := e.encodeMember(name, reflect.ValueOf(members[name])); err != nil {
			return err
		}
	}
	e.buf.WriteByte('}')
	return nil
}
