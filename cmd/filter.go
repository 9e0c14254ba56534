package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/itchyny/gojq"

	"github.com/layercake-dev/layercake/core/fault"
)

// filterFault says that a filter cannot be used, or failed on a document.
func filterFault(code, format string, args ...any) error {
	return fault.Usage(code, format, args...).WithHint("run `layercake help formatting`")
}

// compileJQ reads a jq expression.
func compileJQ(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, filterFault("invalid_jq", "the jq expression %q cannot be read: %v", expression, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, filterFault("invalid_jq", "the jq expression %q cannot be read: %v", expression, err)
	}
	return code, nil
}

// runJQ runs a jq expression over a document. Strings are printed as they are,
// everything else as JSON, one result a line.
func runJQ(code *gojq.Code, document []byte, pretty bool) ([]byte, error) {
	var input any
	if err := json.Unmarshal(document, &input); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if pretty {
		enc.SetIndent("", "  ")
	}
	for results := code.Run(input); ; {
		value, more := results.Next()
		if !more {
			return out.Bytes(), nil
		}
		switch v := value.(type) {
		case error:
			var halt *gojq.HaltError
			if errors.As(v, &halt) && halt.Value() == nil {
				return out.Bytes(), nil
			}
			return nil, filterFault("invalid_jq", "the jq expression fails: %v", v)
		case string:
			out.WriteString(v + "\n")
		default:
			if err := enc.Encode(v); err != nil {
				return nil, fmt.Errorf("write a result: %w", err)
			}
		}
	}
}

// parseTemplate reads a Go template.
func parseTemplate(text string) (*template.Template, error) {
	t, err := template.New(flagTemplate).Option("missingkey=error").Funcs(template.FuncMap{
		"join":     joinAny,
		"json":     func(v any) (string, error) { raw, err := encodeJSON(v); return string(raw), err },
		"truncate": func(width int, s string) string { return ansi.Truncate(s, width, ellipsis) },
		"date":     formatDate,
		"upper":    strings.ToUpper,
		"lower":    strings.ToLower,
	}).Parse(text)
	if err != nil {
		return nil, filterFault("invalid_template", "the template cannot be read: %v", err)
	}
	return t, nil
}

// runTemplate runs a Go template over a document.
func runTemplate(t *template.Template, document []byte) ([]byte, error) {
	var input any
	if err := json.Unmarshal(document, &input); err != nil {
		return nil, fmt.Errorf("read the document: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, input); err != nil {
		return nil, filterFault("invalid_template", "the template fails: %v", err)
	}
	return out.Bytes(), nil
}

func joinAny(separator string, list []any) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = fmt.Sprint(v)
	}
	return strings.Join(parts, separator)
}

// formatDate formats an RFC 3339 time by a Go layout.
func formatDate(layout string, value any) (string, error) {
	s, ok := value.(string)
	if !ok {
		return "", nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", fmt.Errorf("not a time: %w", err)
	}
	return t.Format(layout), nil
}
