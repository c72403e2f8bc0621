# The copy of what this player may see, table by table, made of frames: chapter 5 of Pelton's SPEC.md.
# `problem` says what was wrong with a frame; the copy is worth nothing then, and the connection has to go.
extends Reference

const MessagePack = preload("messagepack.gd")

var tick = 0
var tables = {}
var problem = ""
# Digests that were compared, and groups that differed, as [table, group, 0]: ask for them anew.
var digests = 0
var differing = []
var _order = []


class Table:
	var name
	var columns = []
	# By id, each row as its columns travel; `value` reads them.
	var rows = {}
	# By group, the ids in it as keys.
	var groups = {}

	func value(id, column):
		for index in range(columns.size()):
			if columns[index].name == column:
				return columns[index].read(rows[id][index])
		return null


class Column:
	var name
	var kind
	var low = 0.0
	var step = 0.0
	# Whether values travel side by side in one piece of bytes; if not, each is one of MessagePack.
	var is_fixed = false

	func read(raw):
		if kind == "json":
			return MessagePack.new().decode(raw)
		if not is_fixed:
			return raw
		var bytes = StreamPeerBuffer.new() # little-endian
		bytes.data_array = raw
		match kind:
			"bool": return raw[0] != 0
			"f32": return bytes.get_float()
			"f64": return bytes.get_double()
			"i8": return bytes.get_8()
			"i16": return bytes.get_16()
			"i32": return bytes.get_32()
			"u8", "u16", "u32": return unsigned(bytes, raw.size())
			"quant": return low + unsigned(bytes, raw.size()) * step
		return raw # of a newer server

	func unsigned(bytes, width):
		return bytes.get_u8() if width == 1 else bytes.get_u16() if width == 2 else bytes.get_u32()


# `told`: the tables of `joined`.
func _init(told):
	for one in told:
		var table = Table.new()
		table.name = one[0]
		for spec in one[2]:
			var column = Column.new()
			column.name = spec[0]
			column.kind = spec[1]
			if spec[1] == "quant":
				column.low = float(spec[2])
				column.step = float(spec[3])
			table.columns.append(column)
		tables[table.name] = table
		_order.append(table)


func apply(new_tick, base, hidden, parts):
	if base == 0:
		for table in _order:
			table.rows = {}
			table.groups = {}
	elif base != tick:
		return _fault("a frame builds on tick %d, and this is %d" % [base, tick])
	for pair in hidden:
		_order[pair[0]].groups.erase(pair[1])
	for part in parts:
		_take_out(_order[part[0]], part)
	for part in parts:
		_put_in(_order[part[0]], part)
	for table in _order:
		_forget_unseen(table)
	tick = new_tick
	differing = []
	for part in parts:
		if part[7] != null:
			digests += 1
			if _digest(_order[part[0]], part[1]) != part[7]:
				differing.append([part[0], part[1], 0])


func _fault(what):
	problem = what


func _take_out(table, part):
	var group = part[1]
	if part[2]:
		table.groups.erase(group)
	if part[3] != null:
		for id in part[3]:
			for members in table.groups.values():
				members.erase(id)
			table.rows.erase(id)
	if part[4] != null and table.groups.has(group):
		for id in part[4]:
			table.groups[group].erase(id)


func _put_in(table, part):
	var members = table.groups.get(part[1], {})
	table.groups[part[1]] = members
	if part[5] != null:
		var ids = _ids(part[5])
		for at in range(table.columns.size()):
			table.columns[at].is_fixed = typeof(part[5][2 + at]) == TYPE_RAW_ARRAY
		for index in range(ids.size()):
			var row = []
			for at in range(table.columns.size()):
				row.append(_at(part[5][2 + at], index, ids.size()))
			table.rows[ids[index]] = row
			members[ids[index]] = true
	if part[6] == null:
		return
	var ids = _ids(part[6])
	for id in ids:
		if not members.has(id):
			return _fault("row %d of %s changes, and is not in group %d" % [id, table.name, part[1]])
	for at in range(table.columns.size()):
		_change(table, at, ids, part[6][2 + at])


func _change(table, at, ids, told):
	if typeof(told) == TYPE_RAW_ARRAY: # dense
		for index in range(ids.size()):
			table.rows[ids[index]][at] = _at(told, index, ids.size())
	elif told != null: # sparse: positions among the rows of this block, and their values
		var positions = _numbers(told[0], 1 if ids.size() <= 256 else 2 if ids.size() <= 65536 else 4)
		for index in range(positions.size()):
			table.rows[ids[positions[index]]][at] = _at(told[1], index, positions.size())


# One of `count` values: of bytes each has its share.
func _at(values, index, count):
	if typeof(values) != TYPE_RAW_ARRAY:
		return values[index]
	var width = values.size() / count
	return values.subarray(index * width, (index + 1) * width - 1)


func _ids(block):
	return _numbers(block[1], block[1].size() / block[0])


func _numbers(bytes, width):
	var numbers = []
	var stream = StreamPeerBuffer.new()
	stream.data_array = bytes
	for _i in range(bytes.size() / width):
		match width:
			1: numbers.append(stream.get_u8())
			2: numbers.append(stream.get_u16())
			4: numbers.append(stream.get_u32())
			8: numbers.append(stream.get_u64())
	return numbers


func _forget_unseen(table):
	var seen = {}
	for members in table.groups.values():
		for id in members:
			seen[id] = true
	for id in table.rows.keys():
		if not seen.has(id):
			table.rows.erase(id)


# The CRC-32 of a group: its ids, and then its columns, as they travel.
func _digest(table, group):
	var ids = table.groups.get(group, {}).keys()
	ids.sort()
	var out = StreamPeerBuffer.new()
	for id in ids:
		out.put_u64(id)
	for at in range(table.columns.size()):
		for id in ids:
			var raw = table.rows[id][at]
			out.put_data(raw if table.columns[at].is_fixed else MessagePack.encode(raw))
	return crc32(out.data_array)


static func crc32(bytes):
	var crc = 0xffffffff
	for byte in bytes:
		crc ^= byte
		for _bit in range(8):
			crc = (crc >> 1) ^ (0xedb88320 if crc & 1 else 0)
	return crc ^ 0xffffffff
