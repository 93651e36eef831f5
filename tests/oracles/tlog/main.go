// The other opinion: reads what yice wrote with golang.org/x/mod/sumdb, the library behind Go's
// own checksum database. One request a line, words parted by tabs; answers "ok …" or "no: why".
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		told, err := answer(strings.Split(in.Text(), "\t"))
		if err != nil {
			told = "no: " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(told)
	}
}

func answer(words []string) (told string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%v", fault)
		}
	}()
	switch words[0] {
	case "bundle": // folder, keys of log, witness and first instance
		return "ok", checkBundle(words[1], words[2], words[3], words[4])
	case "record": // size, root, index, leaf, proof
		return "ok", tlog.CheckRecord(hashes(words[5:]), number(words[1]), hash(words[2]), number(words[3]), hash(words[4]))
	case "tree": // new size, new root, old size, old root, proof
		return "ok", tlog.CheckTree(hashes(words[5:]), number(words[1]), hash(words[2]), number(words[3]), hash(words[4]))
	case "note": // file, key
		data, err := os.ReadFile(words[1])
		if err != nil {
			return "", err
		}
		_, err = open(data, 1, verifier(words[2]))
		return "ok", err
	case "sign": // private key, file with a text: the note
		signer, err := note.NewSigner(words[1])
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(words[2])
		if err != nil {
			return "", err
		}
		signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
		return "ok " + base64.StdEncoding.EncodeToString(signed), err
	case "path": // level, index, width
		tile := tlog.Tile{H: 8, L: int(number(words[1])), N: number(words[2]), W: int(number(words[3]))}
		return "ok " + tile.Path(), nil
	}
	return "", errors.New("not a request")
}

// tiles reads the tiles of a folder; those of C2SP leave out the height, which is always 8.
type tiles string

func (t tiles) Height() int                                { return 8 }
func (t tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(t), path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// cosigner checks cosignature/v1, which x/mod does not know.
type cosigner struct {
	name   string
	public ed25519.PublicKey
}

func (c cosigner) Name() string { return c.name }
func (c cosigner) KeyHash() uint32 {
	digest := sha256.Sum256(append([]byte(c.name+"\n\x04"), c.public...))
	return binary.BigEndian.Uint32(digest[:])
}
func (c cosigner) Verify(text, signed []byte) bool {
	if len(signed) != 72 {
		return false
	}
	seen := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signed), text)
	return ed25519.Verify(c.public, []byte(seen), signed[8:])
}

type batch struct {
	first, last int64
	note        []byte
	instance    string
}

func checkBundle(folder, logKey, witnessKey, instanceKey string) error {
	if err := checkManifest(folder); err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	parts := strings.Split(witnessKey, "+")
	public, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	log := verifier(logKey)
	seen, err := open(data, 2, log, cosigner{parts[0], public[1:]})
	if err != nil {
		return err
	}
	lines := strings.Split(seen.Text, "\n")
	if len(lines) != 4 || lines[0] != log.Name() {
		return errors.New("not a checkpoint of this log")
	}
	tree := tlog.Tree{N: number(lines[1]), Hash: hash(lines[2])}
	var empty tlog.Hash
	if tree.N == 0 {
		empty = tlog.Hash(sha256.Sum256(nil))
		if tree.Hash != empty {
			return errors.New("an empty tree with another root")
		}
	}
	return checkEntries(folder, lines[0], tree, verifier(instanceKey))
}

// checkManifest compares every file with its digest: no more, no less.
func checkManifest(folder string) error {
	data, err := os.ReadFile(filepath.Join(folder, "manifest"))
	if err != nil {
		return err
	}
	listed := map[string]bool{"manifest": true}
	for _, line := range strings.Split(string(data), "\n") {
		words := strings.Split(line, " ")
		if words[0] != "file" {
			continue
		}
		found, err := os.ReadFile(filepath.Join(folder, words[3]))
		if err != nil {
			return err
		}
		if fmt.Sprintf("%x %d", sha256.Sum256(found), len(found)) != words[1]+" "+words[2] {
			return fmt.Errorf("%s is not the file of the manifest", words[3])
		}
		listed[words[3]] = true
	}
	count := 0
	err = filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			count++
		}
		return err
	})
	if err == nil && count != len(listed) {
		err = fmt.Errorf("%d files, and %d in the manifest", count, len(listed))
	}
	return err
}

func checkEntries(folder, origin string, tree tlog.Tree, first note.Verifier) error {
	batches, err := readOrigins(folder)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles(folder))
	keys := map[string]note.Verifier{first.Name(): first}
	var some stored
	var told []note.Verifier
	for start := int64(0); start < tree.N; start += 256 {
		width := min(256, tree.N-start)
		place := strings.Replace(tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)}.Path(), "tile/8/data/", "", 1)
		leaves, entries, payloads, err := readGroup(folder, place, reader, start, width)
		if err != nil {
			return err
		}
		for at, entry := range entries {
			position := start + int64(at) + 1
			if tlog.RecordHash(entry) != leaves[at] {
				return fmt.Errorf("position %d: the entry is not the leaf", position)
			}
			key, err := checkEntry(entry, position, payloads[position])
			if err != nil {
				return fmt.Errorf("position %d: %v", position, err)
			}
			if key != nil {
				told = append(told, key)
			}
			if len(batches) == 0 || position < batches[0].first {
				return fmt.Errorf("position %d: nobody signed it", position)
			}
			some.add(leaves[at])
			if position < batches[0].last {
				continue
			}
			if err := batches[0].check(origin, some, keys); err != nil {
				return err
			}
			for _, key := range told {
				keys[key.Name()] = key
			}
			batches, some, told = batches[1:], stored{}, nil
		}
	}
	if len(batches) > 0 {
		return errors.New("origins of entries that are not there")
	}
	return nil
}

func readGroup(folder, place string, reader tlog.HashReader, start, width int64) ([]tlog.Hash, [][]byte, map[int64][]byte, error) {
	var indexes []int64
	for at := start; at < start+width; at++ {
		indexes = append(indexes, tlog.StoredHashIndex(0, at))
	}
	leaves, err := reader.ReadHashes(indexes)
	if err != nil {
		return nil, nil, nil, err
	}
	data, err := os.ReadFile(filepath.Join(folder, "tile", "entries", place))
	if err != nil {
		return nil, nil, nil, err
	}
	var entries [][]byte
	for len(data) >= 2 {
		length := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:length]), data[length:]
	}
	if len(data) > 0 || int64(len(entries)) != width {
		return nil, nil, nil, errors.New("entries are cut off")
	}
	whole, _, _ := strings.Cut(place, ".p/")
	data, err = os.ReadFile(filepath.Join(folder, "payload", whole))
	payloads := map[int64][]byte{}
	for err == nil && len(data) > 0 {
		end := 12 + int(binary.BigEndian.Uint32(data[8:]))
		payloads[int64(binary.BigEndian.Uint64(data))], data = data[12:end], data[end:]
	}
	return leaves, entries, payloads, err
}

// checkEntry looks at what the header says, and hands back the key that the event registers.
func checkEntry(entry []byte, position int64, payload []byte) (note.Verifier, error) {
	if entry[0] != 1 || int64(binary.BigEndian.Uint64(entry[3:])) != position {
		return nil, errors.New("the header is of another entry")
	}
	if digest := sha256.Sum256(payload); !bytes.Equal(digest[:], entry[len(entry)-32:]) {
		return nil, errors.New("the payload is not the one of the entry")
	}
	length := int(binary.BigEndian.Uint16(entry[39:]))
	if string(entry[41:41+length]) != "instance.registered" {
		return nil, nil
	}
	var told struct{ Vkey string }
	if err := json.Unmarshal(payload, &told); err != nil {
		return nil, err
	}
	return note.NewVerifier(told.Vkey)
}

func readOrigins(folder string) ([]batch, error) {
	data, err := os.ReadFile(filepath.Join(folder, "origins"))
	if err != nil {
		return nil, err
	}
	var found []batch
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if line == "" {
			continue
		}
		words := strings.Split(line, " ")
		signed, err := base64.StdEncoding.DecodeString(words[3])
		if err != nil {
			return nil, err
		}
		found = append(found, batch{number(words[0]), number(words[1]), signed, words[2]})
	}
	return found, nil
}

func (b batch) check(origin string, some stored, keys map[string]note.Verifier) error {
	key, known := keys[b.instance]
	if !known || some.count != b.last-b.first+1 {
		return fmt.Errorf("%s cannot have signed %d to %d", b.instance, b.first, b.last)
	}
	root, err := tlog.TreeHash(some.count, &some)
	if err != nil {
		return err
	}
	blob := append(binary.BigEndian.AppendUint32(nil, key.KeyHash()), b.note...)
	told := fmt.Sprintf("yice-origin/v1\n%s\n%d\n%d\n%v\n\n— %s %s\n", origin, b.first, b.last, root,
		b.instance, base64.StdEncoding.EncodeToString(blob))
	_, err = open([]byte(told), 1, key)
	return err
}

// stored is a small tree in memory.
type stored struct {
	count  int64
	hashes []tlog.Hash
}

func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, s.hashes[index])
	}
	return found, nil
}

func (s *stored) add(leaf tlog.Hash) {
	more, err := tlog.StoredHashesForRecordHash(s.count, leaf, s)
	if err != nil {
		panic(err)
	}
	s.hashes, s.count = append(s.hashes, more...), s.count+1
}

func open(data []byte, signatures int, keys ...note.Verifier) (*note.Note, error) {
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err == nil && len(opened.Sigs) != signatures {
		err = fmt.Errorf("%d of %d signatures", len(opened.Sigs), signatures)
	}
	return opened, err
}

func verifier(key string) note.Verifier {
	found, err := note.NewVerifier(key)
	if err != nil {
		panic(err)
	}
	return found
}

func number(text string) int64 {
	found, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(found, 10) != text {
		panic("not a number: " + text)
	}
	return found
}

func hash(text string) tlog.Hash {
	found, err := tlog.ParseHash(text)
	if err != nil {
		panic(err)
	}
	return found
}

func hashes(words []string) []tlog.Hash {
	var found []tlog.Hash
	for _, word := range words {
		found = append(found, hash(word))
	}
	return found
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
