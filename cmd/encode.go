package cmd

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// encodeJSON writes a value as scripts want it: lists are never null, times
// are RFC 3339 in UTC, and nothing is escaped for HTML. Otherwise it follows
// encoding/json.
func encodeJSON(value any) ([]byte, error) {
	e := newEncoder()
	if err := e.encodeValue(reflect.ValueOf(value)); err != nil {
		return nil, err
	}
	return escapeControls(e.buf.Bytes()), nil
}

// encoder is a document that is being written.
type encoder struct {
	buf   bytes.Buffer
	plain *json.Encoder
	// fields are those of the types met so far: looking them up takes longer than
	// writing them.
	fields map[reflect.Type][]jsonField
}

func newEncoder() *encoder {
	e := &encoder{fields: map[reflect.Type][]jsonField{}}
	e.plain = json.NewEncoder(&e.buf)
	e.plain.SetEscapeHTML(false)
	return e
}

func (e *encoder) encodeValue(v reflect.Value) error {
	if !v.IsValid() {
		e.buf.WriteString("null")
		return nil
	}
	if done, err := e.encodeSpecial(v); done || err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return e.encodeValue(v.Elem()) // the zero Value when nil
	case reflect.Struct:
		return e.encodeStruct(v)
	case reflect.Map:
		return e.encodeMap(v)
	case reflect.Slice, reflect.Array:
		return e.encodeList(v)
	default:
		return e.encodePlain(v.Interface())
	}
}

// encodeSpecial handles types that know how to write themselves.
func (e *encoder) encodeSpecial(v reflect.Value) (bool, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		e.buf.WriteString("null")
		return true, nil
	}
	switch t := v.Interface().(type) {
	case time.Time:
		if t.IsZero() {
			e.buf.WriteString("null")
			return true, nil
		}
		return true, e.encodePlain(t.UTC())
	case json.RawMessage:
		if len(t) == 0 {
			e.buf.WriteString("null")
			return true, nil
		}
		if err := json.Compact(&e.buf, t); err != nil {
			return true, fmt.Errorf("write JSON: %w", err)
		}
		return true, nil
	case []byte, json.Marshaler, encoding.TextMarshaler:
		return true, e.encodePlain(t)
	}
	return false, nil
}

func (e *encoder) encodePlain(value any) error {
	if err := e.plain.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	e.buf.Truncate(e.buf.Len() - 1) // the encoder's line break
	return nil
}

// escapeControls writes as \u00xx the control characters that encoding/json
// leaves as they are, DEL and those from U+0080 to U+009F: a terminal obeys
// them. They stand in strings only, so the document stays the same.
func escapeControls(document []byte) []byte {
	const leads = 0xc2 // the first byte of U+0080 to U+00BF
	if !bytes.ContainsAny(document, "\x7f") && !bytes.Contains(document, []byte{leads}) {
		return document
	}
	out := make([]byte, 0, len(document))
	for i := 0; i < len(document); i++ {
		switch b := document[i]; {
		case b == delete7:
			out = append(out, `\u007f`...)
		case b == leads && i+1 < len(document) && document[i+1] >= firstC1 && document[i+1] <= lastC1:
			i++
			out = fmt.Appendf(out, `\u%04x`, document[i])
		default:
			out = append(out, b)
		}
	}
	return out
}

// jsonField is a field of a struct as it stands in JSON.
type jsonField struct {
	name      string
	index     []int
	omitEmpty bool
}

// jsonFields lists the fields of a struct type, those of embedded structs
// among them.
func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || (f.Anonymous && tag == "") {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		fields = append(fields, jsonField{tag, f.Index, strings.Contains(options, "omitempty")})
	}
	return fields
}

func (e *encoder) encodeStruct(v reflect.Value) error {
	e.buf.WriteByte('{')
	first := true
	fields, known := e.fields[v.Type()]
	if !known {
		fields = jsonFields(v.Type())
		e.fields[v.Type()] = fields
	}
	for _, f := range fields {
		value, err := v.FieldByIndexErr(f.index)
		if err != nil || (f.omitEmpty && value.IsZero()) {
			continue // a nil embedded struct has no fields
		}
		if !first {
			e.buf.WriteByte(',')
		}
		first = false
		if err := e.encodeMember(f.name, value); err != nil {
			return err
		}
	}
	e.buf.WriteByte('}')
	return nil
}

func (e *encoder) encodeMember(name string, value reflect.Value) error {
	if err := e.encodePlain(name); err != nil {
		return err
	}
	e.buf.WriteByte(':')
	return e.encodeValue(value)
}

func (e *encoder) encodeMap(v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	e.buf.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		if err := e.encodeMember(fmt.Sprint(key.Interface()), v.MapIndex(key)); err != nil {
			return err
		}
	}
	e.buf.WriteByte('}')
	return nil
}

func (e *encoder) encodeList(v reflect.Value) error {
	e.buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		if err := e.encodeValue(v.Index(i)); err != nil {
			return err
		}
	}
	e.buf.WriteByte(']')
	return nil
}
