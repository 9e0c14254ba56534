package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decode reads the value that comes next.
func decode(dec *json.Decoder, v any) error {
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("read JSON: %w", err)
	}
	return nil
}

// nextToken reads the token that comes next.
func nextToken(dec *json.Decoder) (json.Token, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return token, nil
}

// members calls f for each member of the object that comes next. f must read the
// member's value from the decoder.
func members(dec *json.Decoder, f func(key string) error) error {
	if err := delim(dec, '{'); err != nil {
		return err
	}
	for dec.More() {
		token, err := nextToken(dec)
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v is not the name of a member", token)
		}
		if err := f(key); err != nil {
			return fmt.Errorf("%.40s: %w", key, err)
		}
	}
	return delim(dec, '}')
}

// elements calls f for each element of the array that comes next. A null in its
// place is reported as isNull.
func elements(dec *json.Decoder, f func() error) (isNull bool, err error) {
	token, err := nextToken(dec)
	if err != nil {
		return false, err
	}
	if token == nil {
		return true, nil
	}
	if token != json.Delim('[') {
		return false, fmt.Errorf("%v stands where a list is expected", token)
	}
	for i := 0; dec.More(); i++ {
		if err := f(); err != nil {
			return false, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return false, delim(dec, ']')
}

func delim(dec *json.Decoder, want json.Delim) error {
	token, err := nextToken(dec)
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%v stands where %v is expected", token, want)
	}
	return nil
}

// skip reads a value and forgets it.
func skip(dec *json.Decoder) error {
	var ignored json.RawMessage
	return decode(dec, &ignored)
}

// nothingMore fails unless the input ends here.
func nothingMore(dec *json.Decoder) error {
	switch token, err := nextToken(dec); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("there is more after the report: %v", token)
	}
}
