package outline

// grammars are the languages whose definitions start with keywords.
//
//nolint:gochecknoglobals // a fixed table, never written to
var grammars = map[string]*grammar{
	"kotlin": kotlin, "rust": rust, "swift": swift,
}

// readers are the other languages.
//
//nolint:gochecknoglobals // a fixed table, never written to
var readers = map[string]func([]byte) File{
	"c": cFile, "cpp": cFile, "csharp": csharp.read, "cuda": cFile, "dart": dart.read, "glsl": cFile, "gradle": groovy.read,
	"groovy": groovy.read, "java": java.read, "javascript": javascript, "jsx": javascript, "markdown": markdown, "objc": cFile,
	"php": phpRead, "python": python, "starlark": python, "tsx": javascript, "typescript": typescript,
}

// scan finds the scanner for a language.
func scan(lang string, src []byte) File {
	if lang == "go" {
		if f, ok := goFile(src); ok {
			return f
		}
	}
	if g, ok := grammars[lang]; ok {
		return g.read(src)
	}
	if read, ok := readers[lang]; ok {
		return read(src)
	}
	return File{}
}
