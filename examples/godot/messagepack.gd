# MessagePack as Pelton uses it: nil, bool, int, float, str, bin, array and map; no extension types.
# Bytes that are none end in `problem`, which says what is wrong; it is empty as long as all is well.
extends Reference

const DEPTH_MAX = 32

var problem = ""
var _in = StreamPeerBuffer.new()


# One value out of all of these bytes.
func decode(bytes):
	problem = ""
	_in = StreamPeerBuffer.new()
	_in.big_endian = true
	_in.data_array = bytes
	var value = _value(0)
	if problem == "" and _left() != 0:
		problem = "more than a message"
	return value


static func encode(value):
	var out = StreamPeerBuffer.new()
	out.big_endian = true
	_put(out, value)
	return out.data_array


func _left():
	return _in.get_size() - _in.get_position()


func _value(depth):
	if not _has(1):
		return null
	var head = _in.get_u8()
	if head < 0x80:
		return head
	if head >= 0xe0:
		return head - 256
	if head < 0x90:
		return _map(head & 15, depth)
	if head < 0xa0:
		return _array(head & 15, depth)
	if head < 0xc0:
		return _text(head & 31)
	match head:
		0xc0: return null
		0xc2: return false
		0xc3: return true
		0xc4, 0xc5, 0xc6: return _bytes(_number(1 << (head - 0xc4)))
		0xca: return _in.get_float() if _has(4) else null
		0xcb: return _in.get_double() if _has(8) else null
		0xcc, 0xcd, 0xce, 0xcf: return _number(1 << (head - 0xcc))
		0xd0: return _in.get_8() if _has(1) else null
		0xd1: return _in.get_16() if _has(2) else null
		0xd2: return _in.get_32() if _has(4) else null
		0xd3: return _in.get_64() if _has(8) else null
		0xd9, 0xda, 0xdb: return _text(_number(1 << (head - 0xd9)))
		0xdc, 0xdd: return _array(_number(2 << (head - 0xdc)), depth)
		0xde, 0xdf: return _map(_number(2 << (head - 0xde)), depth)
	problem = "no such format: %d" % head
	return null


func _has(count):
	if problem == "" and _left() < count:
		problem = "not whole"
	return problem == ""


func _number(width):
	if not _has(width):
		return 0
	match width:
		1: return _in.get_u8()
		2: return _in.get_u16()
		4: return _in.get_u32()
	return _in.get_u64()


func _bytes(count):
	return _in.get_data(count)[1] if count == 0 or _has(count) else PoolByteArray()


# A text of Godot ends where its first zero is: one that has any is refused.
func _text(count):
	var bytes = _bytes(count)
	var text = bytes.get_string_from_utf8()
	if problem == "" and text.to_utf8() != bytes:
		problem = "not UTF-8"
	return text


func _array(count, depth):
	var items = []
	if _is_too_deep(count, depth):
		return items
	for _i in range(count):
		items.append(_value(depth + 1))
		if problem != "":
			break
	return items


func _map(count, depth):
	var items = {}
	if _is_too_deep(2 * count, depth):
		return items
	for _i in range(count):
		var key = _value(depth + 1)
		if problem == "" and typeof(key) != TYPE_STRING:
			problem = "a key that is no text"
		items[key] = _value(depth + 1)
		if problem != "":
			break
	return items


# Whoever says that there are more items than bytes left would have us make room for them.
func _is_too_deep(count, depth):
	if problem == "" and count > _left():
		problem = "not whole"
	elif problem == "" and depth >= DEPTH_MAX:
		problem = "nested too deeply"
	return problem != ""


static func _put(out, value):
	match typeof(value):
		TYPE_NIL: out.put_u8(0xc0)
		TYPE_BOOL: out.put_u8(0xc3 if value else 0xc2)
		TYPE_INT: _put_int(out, value)
		TYPE_REAL:
			out.put_u8(0xcb)
			out.put_double(value)
		TYPE_STRING:
			var bytes = value.to_utf8()
			_put_head(out, bytes.size(), 0xa0, 32, [0xd9, 0xda, 0xdb])
			out.put_data(bytes)
		TYPE_RAW_ARRAY:
			_put_head(out, value.size(), 0, 0, [0xc4, 0xc5, 0xc6])
			out.put_data(value)
		TYPE_ARRAY:
			_put_head(out, value.size(), 0x90, 16, [0, 0xdc, 0xdd])
			for item in value:
				_put(out, item)
		TYPE_DICTIONARY:
			_put_head(out, value.size(), 0x80, 16, [0, 0xde, 0xdf])
			for key in value:
				_put(out, key)
				_put(out, value[key])
		_: push_error("MessagePack has no %s" % typeof(value))


static func _put_int(out, value):
	if value >= -32 and value < 128:
		out.put_u8(value & 255)
	elif value >= 0:
		_put_head(out, value, 0, 0, [0xcc, 0xcd, 0xce, 0xcf])
	elif value >= -128:
		out.put_u8(0xd0)
		out.put_8(value)
	elif value >= -32768:
		out.put_u8(0xd1)
		out.put_16(value)
	elif value >= -2147483648:
		out.put_u8(0xd2)
		out.put_32(value)
	else:
		out.put_u8(0xd3)
		out.put_64(value)


# A length, or an unsigned number, in the shortest of these formats; `small` holds those below `below` in its own byte.
static func _put_head(out, count, small, below, formats):
	if count < below:
		out.put_u8(small | count)
	elif count < 256 and formats[0] != 0:
		out.put_u8(formats[0])
		out.put_u8(count)
	elif count < 65536:
		out.put_u8(formats[1])
		out.put_u16(count)
	elif count < 4294967296:
		out.put_u8(formats[2])
		out.put_u32(count)
	else:
		out.put_u8(formats[3])
		out.put_u64(count)
