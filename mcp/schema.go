package mcp

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The JSON types that schemas use.
const (
	typeObject  = "object"
	typeArray   = "array"
	typeString  = "string"
	typeInteger = "integer"
	typeNumber  = "number"
	typeBoolean = "boolean"
)

// Schema is the part of JSON Schema that tools need. It has one type, never a
// union: clients translate unions for their models in different ways.
type Schema struct {
	Type        string
	Description string
	Enum        []string
	// Minimum and Maximum bound numbers; nil means unbounded.
	Minimum, Maximum *float64
	// MinLength bounds strings, in characters; 0 means unbounded.
	MinLength int
	// MaxItems bounds arrays; 0 means unbounded.
	MaxItems int
	Format   string
	// Items describes the elements of an array.
	Items *Schema
	// Properties describes an object, in the order of the Go fields.
	Properties []Property
	Required   []string
	// Closed says that an object has no other properties.
	Closed bool
	// Values describes the values of an object with arbitrary keys.
	Values *Schema
}

// Property is one property of an object.
type Property struct {
	Name   string
	Schema *Schema
}

// property returns the schema of a property, or nil.
func (s *Schema) property(name string) *Schema {
	for _, p := range s.Properties {
		if p.Name == name {
			return p.Schema
		}
	}
	return nil
}

// MarshalJSON writes the schema with its keywords and properties in a fixed
// order, so that the same tool has the same bytes.
func (s *Schema) MarshalJSON() ([]byte, error) {
	var o ordered
	o.add("type", s.Type)
	if s.Description != "" {
		o.add("description", s.Description)
	}
	if len(s.Enum) > 0 {
		o.add("enum", s.Enum)
	}
	if s.Minimum != nil {
		o.add("minimum", *s.Minimum)
	}
	if s.Maximum != nil {
		o.add("maximum", *s.Maximum)
	}
	if s.MinLength > 0 {
		o.add("minLength", s.MinLength)
	}
	if s.MaxItems > 0 {
		o.add("maxItems", s.MaxItems)
	}
	if s.Format != "" {
		o.add("format", s.Format)
	}
	if s.Items != nil {
		o.add("items", s.Items)
	}
	switch {
	case s.Values != nil:
		o.add("additionalProperties", s.Values)
	case s.Type == typeObject:
		var properties ordered
		for _, p := range s.Properties {
			properties.add(p.Name, p.Schema)
		}
		o.add("properties", &properties)
		if len(s.Required) > 0 {
			o.add("required", s.Required)
		}
		if s.Closed {
			o.add("additionalProperties", false)
		}
	}
	return o.MarshalJSON()
}

// The tags of struct fields from which schemas are made, besides "json": a
// field without omitempty is required.
const (
	tagDoc  = "doc"  // the description
	tagEnum = "enum" // the name of a vocabulary, of the value or of the elements
	tagMin  = "min"  // least number, or least length of a string
	tagMax  = "max"  // greatest number, or most elements
)

// input returns the schema of a tool's arguments.
func input(t reflect.Type) (*Schema, error) {
	s, err := reflected(t, nil)
	if err != nil {
		return nil, err
	}
	if s.Type != typeObject || s.Values != nil {
		return nil, fmt.Errorf("the arguments of a tool are an object, not %s", t)
	}
	closeObjects(s)
	return s, nil
}

// closeObjects makes unknown properties errors, so that a misspelt argument is
// never ignored.
func closeObjects(s *Schema) {
	s.Closed = s.Type == typeObject && s.Values == nil
	if s.Items != nil {
		closeObjects(s.Items)
	}
	for _, p := range s.Properties {
		closeObjects(p.Schema)
	}
}

// output returns the schema of a tool's structured reply.
func output(t reflect.Type) (*Schema, error) {
	s, err := reflected(t, nil)
	if err != nil {
		return nil, err
	}
	if s.Type != typeObject || len(s.Properties) == 0 {
		return nil, fmt.Errorf("the reply of a tool is an object with properties, not %s", t)
	}
	return s, nil
}

// reflected returns the schema of a Go type. outer are the types around it: one
// that contains itself has no finite schema.
func reflected(t reflect.Type, outer []reflect.Type) (*Schema, error) {
	if slices.Contains(outer, t) {
		return nil, fmt.Errorf("%s contains itself", t)
	}
	if t == reflect.TypeFor[time.Time]() {
		return &Schema{Type: typeString, Format: "date-time"}, nil
	}
	switch t.Kind() { //nolint:exhaustive // the rest has no JSON form that a model could write
	case reflect.Pointer:
		return reflected(t.Elem(), outer)
	case reflect.String:
		return &Schema{Type: typeString}, nil
	case reflect.Bool:
		return &Schema{Type: typeBoolean}, nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return &Schema{Type: typeInteger}, nil
	case reflect.Float64:
		return &Schema{Type: typeNumber}, nil
	case reflect.Slice:
		items, err := reflected(t.Elem(), append(outer, t))
		if err != nil {
			return nil, err
		}
		return &Schema{Type: typeArray, Items: items}, nil
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return nil, fmt.Errorf("%s has keys that are not text", t)
		}
		values, err := reflected(t.Elem(), append(outer, t))
		if err != nil {
			return nil, err
		}
		return &Schema{Type: typeObject, Values: values}, nil
	case reflect.Struct:
		s := &Schema{Type: typeObject}
		if err := s.fields(t, append(outer, t)); err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("%s has no schema", t)
}

// fields adds the fields of a struct, those of embedded structs among them.
func (s *Schema) fields(t reflect.Type, outer []reflect.Type) error {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			if err := s.fields(f.Type, append(outer, f.Type)); err != nil {
				return err
			}
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			return fmt.Errorf("field %s of %s has no name in JSON", f.Name, t)
		}
		p, err := reflected(f.Type, outer)
		if err != nil {
			return fmt.Errorf("field %s: %w", name, err)
		}
		if err := p.tags(f.Tag); err != nil {
			return fmt.Errorf("field %s of %s: %w", name, t, err)
		}
		if s.property(name) != nil {
			return fmt.Errorf("%s has two fields %q", t, name)
		}
		s.Properties = append(s.Properties, Property{Name: name, Schema: p})
		if !strings.Contains(options, "omit") {
			s.Required = append(s.Required, name)
		}
	}
	return nil
}

// tags applies the tags of a field. A tag that does not fit is an error: a
// schema that quietly says less than was meant is worse than none.
func (s *Schema) tags(tag reflect.StructTag) error {
	s.Description = tag.Get(tagDoc)
	if name, ok := tag.Lookup(tagEnum); ok {
		words, err := vocabulary(name)
		if err != nil {
			return err
		}
		of := s
		if s.Type == typeArray {
			of = s.Items
		}
		if of.Type != typeString {
			return fmt.Errorf("%s cannot be one of %s", of.Type, name)
		}
		of.Enum = words
	}
	for _, bound := range []string{tagMin, tagMax} {
		text, ok := tag.Lookup(bound)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", bound, err)
		}
		if err := s.bound(bound, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) bound(which string, n float64) error {
	number := s.Type == typeInteger || s.Type == typeNumber
	switch {
	case number && which == tagMin:
		s.Minimum = &n
	case number && which == tagMax:
		s.Maximum = &n
	case s.Type == typeString && which == tagMin:
		s.MinLength = int(n)
	case s.Type == typeArray && which == tagMax:
		s.MaxItems = int(n)
	default:
		return fmt.Errorf("%s means nothing on a %s", which, s.Type)
	}
	return nil
}
