package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// ordered is a JSON object whose members keep the order in which they came.
type ordered struct {
	b   bytes.Buffer
	err error
}

func (o *ordered) add(key string, value any) {
	name, err := encode(key)
	if err != nil && o.err == nil {
		o.err = err
	}
	text, err := encode(value)
	if err != nil && o.err == nil {
		o.err = err
	}
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	o.b.Write(name)
	o.b.WriteByte(':')
	o.b.Write(text)
}

// MarshalJSON returns the object.
func (o *ordered) MarshalJSON() ([]byte, error) {
	if o.err != nil {
		return nil, o.err
	}
	return append(append([]byte{'{'}, o.b.Bytes()...), '}'), nil
}

// encode returns the JSON text of a value with &, < and > as they are: models
// read them better than escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a %T: %w", v, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
