# A seat on a Pelton server: `open`, then `poll` as often as the game draws; `act` when the player does something.
# Signals say what happens. One seat for one connection, and none that comes back after a lost line: a start.
extends Reference

signal joined
signal frame
# Nothing comes after it. An empty `problem`: the seat was given back.
signal ended(problem)

const MessagePack = preload("messagepack.gd")
const Replica = preload("replica.gd")
const SUBPROTOCOL = "pelton.v1"
enum { HELLO = 1, JOIN, LEAVE, ACT, PING, VERIFY, RESYNC, HEARD }
enum { WELCOME = 16, JOINED, REJECTED, LEFT, FRAME, PONG, SEAT_CARD, RESUMED, EVENT_FRAME, DRAINING }
const HEARD_EVERY_MS = 400

var replica = null
var player_id = 0
var tick_hz = 0.0
var actions = {}
# Actions that the game has taken, and those that were refused, by reason.
var acked = 0
var refused = {}
var _socket = WebSocketClient.new()
var _codec = MessagePack.new()
var _wanted = []
var _seq = 0
var _heard_ms = 0
var _is_over = false


# `game` is joined as soon as that is possible, with `options` for it. The error of WebSocketClient, OK as a rule.
func open(url, game, options = {}):
	_wanted = [JOIN, 0, game, options]
	_socket.connect("connection_established", self, "_opened")
	_socket.connect("connection_error", self, "_failed")
	_socket.connect("connection_closed", self, "_closed")
	_socket.connect("server_close_request", self, "_dismissed")
	_socket.connect("data_received", self, "_received")
	return _socket.connect_to_url(url, PoolStringArray([SUBPROTOCOL]))


func poll():
	if not _is_over:
		_socket.poll()


# `name` as the server lists it in `actions`, `fields` in its order. The number by which a refusal names it.
func act(name, fields = []):
	_seq += 1
	_send([ACT, _seq, [name] + fields, replica.tick])
	return _seq


# Have the next frame prove that the replica is right: `replica.differing` tells.
func verify():
	_send([VERIFY])


func leave():
	_send([LEAVE])


func _opened(_protocol):
	_socket.get_peer(1).set_write_mode(WebSocketPeer.WRITE_MODE_BINARY)
	_send([HELLO, "pelton-godot", ""])


func _failed():
	_end("cannot connect")


func _closed(_was_clean):
	_end("the connection is lost")


func _dismissed(code, reason):
	_end("closed with %d %s" % [code, reason])


func _send(message):
	if not _is_over:
		_socket.get_peer(1).put_packet(MessagePack.encode(message))


func _end(problem):
	if not _is_over:
		_is_over = true
		_socket.disconnect_from_host()
		emit_signal("ended", problem)


func _received():
	var peer = _socket.get_peer(1)
	while peer.get_available_packet_count() > 0 and not _is_over:
		var message = _codec.decode(peer.get_packet())
		if _codec.problem != "" or typeof(message) != TYPE_ARRAY or message.empty():
			_end("a bad message: %s" % _codec.problem)
		else:
			_take(message)


func _take(message):
	match message[0]:
		WELCOME:
			_send(_wanted)
		JOINED:
			player_id = message[3]
			tick_hz = float(message[4])
			for action in message[6]:
				actions[action[0]] = action[1]
			replica = Replica.new(message[7])
		SEAT_CARD:
			_send([HEARD, 0])
			emit_signal("joined")
		REJECTED:
			_end("no seat: %s, %s" % [message[1], message[2]])
		LEFT:
			_end("" if message[1] == "you_left" else message[1])
		FRAME:
			_frame(message, 3)
		EVENT_FRAME:
			_frame(message, 4) # message[3] has the events


# `at`: where the tick stands.
func _frame(message, at):
	acked = message[1]
	for refusal in message[2]:
		refused[refusal[1]] = refused.get(refusal[1], 0) + 1
	replica.apply(message[at], message[at + 1], message[at + 2], message[at + 3])
	if replica.problem != "":
		return _end(replica.problem)
	if not replica.differing.empty():
		_send([RESYNC, replica.differing])
	var now_ms = OS.get_ticks_msec()
	if now_ms - _heard_ms >= HEARD_EVERY_MS:
		_heard_ms = now_ms
		_send([HEARD, replica.tick])
	emit_signal("frame")
