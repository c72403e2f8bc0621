# Reads and writes the golden vectors of the protocol with the files beside, and says what went wrong:
#
#   godot3-server --path examples/godot -s vectors.gd --vectors=protocol/vectors
extends SceneTree

const MessagePack = preload("messagepack.gd")
const Replica = preload("replica.gd")

# A text ends at its first zero, and JSON takes the smallest of all numbers for zero.
const BEYOND_GODOT = ["zero character", "5e-324"]

var _codec = MessagePack.new()
var _checked = 0
var _wrong = []


func _init():
	var folder = ""
	for word in OS.get_cmdline_args():
		if word.begins_with("--vectors="):
			folder = word.trim_prefix("--vectors=")
	for vector in _read(folder + "/messages.json"):
		_check_message(vector)
	for vector in _read(folder + "/state.json"):
		_check_state(vector)
	for wrong in _wrong:
		printerr(wrong)
	print(JSON.print({"checked": _checked, "wrong": _wrong.size()}))
	quit(0 if _checked and _wrong.empty() else 1)


func _read(path):
	var file = File.new()
	if file.open(path, File.READ) != OK:
		printerr("cannot read %s" % path)
		return []
	return JSON.parse(file.get_as_text()).result


func _check_message(vector):
	for part in BEYOND_GODOT:
		if part in vector.name:
			return
	var bytes = _bytes(vector.hex)
	var value = _value(vector.value)
	var decoded = _codec.decode(bytes)
	_expect(_codec.problem == "", "%s: %s" % [vector.name, _codec.problem])
	if vector.get("canonical", true): # others leave fields out, which MessagePack knows nothing of
		_expect(_same(decoded, value), "%s: read as %s" % [vector.name, decoded])
		_expect(MessagePack.encode(value) == bytes, "%s: written as %s" % [vector.name, MessagePack.encode(value).hex_encode()])


func _check_state(vector):
	var replica = Replica.new(vector.tables)
	for told in vector.frames:
		if told.has("fault"):
			continue # a server that is right sends none
		var message = _codec.decode(_bytes(told.frame))
		var at = 3 if message[0] == 20 else 4
		replica.apply(message[at], message[at + 1], message[at + 2], message[at + 3])
		_expect(replica.problem == "" and replica.tick == int(told.tick), "%s: tick %s: %s" % [vector.name, told.tick, replica.problem])
		var rows = 0
		for table in replica.tables.values():
			rows += table.rows.size()
		_expect(rows == told.rows.size(), "%s: tick %s has %d rows" % [vector.name, told.tick, rows])
		for row in told.rows:
			_check_row(vector, told, replica.tables[vector.tables[row[0]][0]], int(row[1]), row[2])
		for group in told.groups:
			var table = replica.tables[vector.tables[group[0]][0]]
			var digest = replica._digest(table, int(group[1]))
			_expect(digest == int(group[3]), "%s: tick %s: digest of group %s is %s" % [vector.name, told.tick, group[1], digest])


func _check_row(vector, told, table, id, values):
	for index in range(values.size()):
		var column = table.columns[index]
		var found = column.read(table.rows[id][index]) if table.rows.has(id) else null
		_expect(_same(found, _value(values[index])), "%s: tick %s: %s of row %d is %s" % [vector.name, told.tick, column.name, id, found])


func _expect(is_right, what):
	_checked += 1
	if not is_right:
		_wrong.append(what)


# A value as the files write it: README.md beside them says how.
func _value(told):
	match typeof(told):
		TYPE_REAL: return int(told)
		TYPE_ARRAY:
			var items = []
			for item in told:
				items.append(_value(item))
			return items
		TYPE_DICTIONARY:
			if told.has("f"):
				return float(told.f)
			if told.has("m"):
				var map = {}
				for entry in told.m:
					map[entry[0]] = _value(entry[1])
				return map
			return _bytes(told.b) if told.has("b") else _bytes([told])
	return told


func _bytes(told):
	var out = StreamPeerBuffer.new()
	for piece in (told if typeof(told) == TYPE_ARRAY else [told]):
		if typeof(piece) == TYPE_STRING:
			for index in range(0, piece.length(), 2):
				out.put_u8(("0x" + piece.substr(index, 2)).hex_to_int())
		else:
			for number in range(piece.count[1]):
				for byte in range(piece.count[2]):
					out.put_u8((int(piece.count[0] + number) >> (8 * byte)) & 255)
	return out.data_array


func _same(one, other):
	if typeof(one) != typeof(other):
		return false
	if typeof(one) == TYPE_ARRAY:
		if one.size() != other.size():
			return false
		for index in range(one.size()):
			if not _same(one[index], other[index]):
				return false
		return true
	if typeof(one) == TYPE_DICTIONARY:
		return _same(one.keys(), other.keys()) and _same(one.values(), other.values())
	if typeof(one) == TYPE_REAL: # which JSON reads with an error in the last digit
		return abs(one - other) <= 1e-15 * abs(one)
	return one == other
