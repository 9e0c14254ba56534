package proof

// Reason says why a proof is not a pass.
type Reason struct {
	// Code is stable and in snake_case.
	Code string `json:"code"`
	// Message says it in a sentence.
	Message string `json:"message"`
}
