package outline

// Strictly is [Of] that panics when a scanner does.
func Strictly(lang string, src []byte) File { return of(lang, src) }
