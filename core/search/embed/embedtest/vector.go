package embedtest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math"
	"strings"

	"github.com/layercake-dev/layercake/core/search/words"
)

// Tokens is how many tokens a text has: about.
func Tokens(text string) int {
	const bytesEach = 4
	return len(text)/bytesEach + 1
}

// synonyms are words that mean the same to [Words].
func synonyms() map[string]string {
	return map[string]string{"sweater": "jumper", "bicycle": "velocipede"}
}

// Words is a vector by the words of a text: texts with many words in common, or words
// that mean the same, are near each other.
func Words(text string, dims int) []float32 {
	v := make([]float32, dims)
	same := synonyms()
	words.Scan([]byte(text), func(identifier []byte) {
		for _, word := range words.Split(string(identifier)) {
			word = strings.ToLower(word)
			if other, ok := same[word]; ok {
				word = other
			}
			Add(v, words.Stem(word), 1)
		}
	})
	return v
}

// Add adds a direction that belongs to a word.
func Add(v []float32, word string, weight float32) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(word))
	x := h.Sum64() | 1
	const near = 16 // directions in so many numbers are almost at right angles
	for range near {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		sign := float32(1)
		if x&1 == 0 {
			sign = -1
		}
		v[(x>>1)%uint64(len(v))] += sign * weight
	}
}

// unit is a vector brought to the length one.
func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		v[0], sum = 1, 1
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func packed(v []float32) string {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
