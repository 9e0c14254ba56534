package rank

// similarities brings what a provider's model says of the rows to between 0, the
// least near of them, and 1, the nearest: models differ in what they call near. Of
// rows whose vectors are not made yet nothing is known, so they get the mean of the
// others, and neither win nor lose by it.
func similarities(rows []Row) []float64 {
	out := make([]float64, len(rows))
	least, most, known := 1.0, -1.0, 0

	for i := range rows {
		if s := rows[i].Similarity; s != nil {
			least, most = min(least, float64(*s)), max(most, float64(*s))
			known++
		}
	}

	if known == 0 || most <= least {
		return out // nothing tells them apart
	}

	sum := 0.0

	for i := range rows {
		if s := rows[i].Similarity; s != nil {
			out[i] = (float64(*s) - least) / (most - least)
			sum += out[i]
		}
	}

	for i := range rows {
		if rows[i].Similarity == nil {
			out[i] = sum / float64(known)
		}
	}

	return out
}
