package search

// bytesPerToken is how many bytes of code a token of a language model has at
// least, on average: estimates are rather too high than too low.
const bytesPerToken = 3

// Tokens estimates how many tokens of a language model a text has.
func Tokens(text string) int { return (len(text) + bytesPerToken - 1) / bytesPerToken }
