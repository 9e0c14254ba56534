package db

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/x448/float16"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Embeddings returns which vectors of a provider's model are kept, by what they
// were made from.
func (s *searchStore) Embeddings(ctx context.Context, m search.EmbeddingModel, hashes [][]byte) (map[string][]float32, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).SearchEmbeddings(ctx, dbsqlc.SearchEmbeddingsParams{
		Provider: m.Provider, Model: m.Model, Dims: int32(m.Dims), Hashes: hashes, //nolint:gosec // models have a few thousand
	})
	if err != nil {
		return nil, translate(fmt.Errorf("look for vectors of %s: %w", m.Model, err))
	}
	found := make(map[string][]float32, len(rows))
	for i := range rows {
		found[string(rows[i].ContentHash)] = unpackHalf(rows[i].Data)
	}
	return found, nil
}

// PutEmbeddings keeps vectors of a provider's model.
func (s *searchStore) PutEmbeddings(ctx context.Context, m search.EmbeddingModel, hashes [][]byte, vectors [][]float32) error {
	data := make([][]byte, len(vectors))
	for i, v := range vectors {
		data[i] = packHalf(v)
	}
	ctx, cancel := within(ctx, writeLimit)
	defer cancel()
	err := dbsqlc.New(s.pool).AddSearchEmbeddings(ctx, dbsqlc.AddSearchEmbeddingsParams{
		Provider: m.Provider, Model: m.Model, Dims: int32(m.Dims), Hashes: hashes, Data: data, //nolint:gosec // as above
	})
	if err != nil {
		return translate(fmt.Errorf("keep vectors of %s: %w", m.Model, err))
	}
	return nil
}

// bytesPerNumber is the size of a number of half precision.
const bytesPerNumber = 2

func packHalf(v []float32) []byte {
	out := make([]byte, 0, bytesPerNumber*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint16(out, float16.Fromfloat32(x).Bits())
	}
	return out
}

func unpackHalf(data []byte) []float32 {
	v := make([]float32, len(data)/bytesPerNumber)
	for i := range v {
		v[i] = float16.Frombits(binary.LittleEndian.Uint16(data[bytesPerNumber*i:])).Float32()
	}
	return v
}
