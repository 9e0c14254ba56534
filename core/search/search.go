// Package search finds code by what it means and by the words and names in it. A
// checkout has one index, kept in the database and made from its files: what changed
// since is read again, and nothing else.
//
// The packages below it do one thing each: walk finds and reads the files, outline
// says what they define, chunk cuts them into pieces, words, lexical and latent make
// of those what is compared, and rank puts answers in order. This package brings
// them together over a [Store].
package search
