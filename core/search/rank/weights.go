package rank

// Weights are what each signal is worth. The values of Default were found on
// the development repositories; docs/search.md has what each of them gives.
type Weights struct {
	Words   float64 // the chunk's own words
	File    float64 // the file as a whole speaks of it
	Cover   float64 // the file has each of the words somewhere
	Latent  float64 // near in meaning
	Subject float64 // the file as a whole is near in meaning
	Named   float64 // words of the question in the names the chunk defines
	Located float64 // words of the question in the file's name and directory

	// Provider is for what a provider's model takes for near. It was chosen, not
	// measured: more than Latent, because such models know more.
	Provider float64

	Defines  float64 // a symbol asked for by name is defined here
	Owned    float64 // and inside of the owner that was named
	Stem     float64 // factor: and the file is called like it
	Embedded float64 // a name within a question in words is defined here
	Plain    float64 // a plain word of the question is a defined name

	Test, Example, Barrel, Vendored, Declared, Legacy, Prose, Data float64 // factors by the file's class

	Joined float64 // two words of the question that stand in the text as one name; shares of a word's
	Again  float64 // factor for each further chunk of a file

	Candidates int // chunks looked at closely
	Near       int // of those, the nearest in meaning
}

// Default gives the weights in use.
//
//nolint:mnd // this is where the numbers have their names
func Default() Weights {
	return Weights{
		Words: 1, File: 0.5, Cover: 0.25, Latent: 0.55, Subject: 0.3, Named: 0.2, Located: 1.6, Provider: 0.8,
		Defines: 3, Owned: 1, Stem: 1.5, Embedded: 0.5, Plain: 0.2,
		Test: 0.3, Example: 0.4, Barrel: 0.5, Vendored: 0.5, Declared: 0.7, Legacy: 0.5, Prose: 0.6, Data: 0.6,
		Joined: 0.4, Again: 0.7,
		Candidates: 400, Near: 100,
	}
}
