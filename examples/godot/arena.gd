# Plays the arena without a window, and prints how it went:
#
#   godot3-server --path examples/godot -s arena.gd --url=ws://127.0.0.1:7777/ --seconds=10
#
# The same three files (pelton.gd, replica.gd, messagepack.gd) go into a project that draws: call `poll` in _process.
extends SceneTree

const Pelton = preload("pelton.gd")
const WORLD = 4096.0
const RANGE = 400.0

var _pelton = Pelton.new()
var _frames = 0
var _way = 0.0
var _before = null
var _ends_ms = 0
var _verify_tick = 0


func _init():
	var words = {"url": "ws://127.0.0.1:7777/", "seconds": "10", "name": "Godot"}
	for word in OS.get_cmdline_args():
		var parts = word.trim_prefix("--").split("=", true, 1)
		if word.begins_with("--") and parts.size() == 2:
			words[parts[0]] = parts[1]
	_ends_ms = OS.get_ticks_msec() + int(float(words.seconds) * 1000)
	_pelton.connect("frame", self, "_fly")
	_pelton.connect("ended", self, "_ended")
	if _pelton.open(words.url, "arena", {"name": words.name}) != OK:
		_ended("no such address: %s" % words.url)


func _idle(_delta):
	_pelton.poll()
	return false


# With each frame: turn to the nearest ship, and shoot if it is near and ahead.
func _fly():
	_frames += 1
	var ships = _pelton.replica.tables.ships
	var me = _place(ships, _pelton.player_id)
	if _before != null:
		_way += min(_across(_before, me).length(), 50.0)
	_before = me
	if ships.value(_pelton.player_id, "respawn") == 0:
		var nearest = _nearest(ships, me)
		var off = wrapf(nearest.angle() - ships.value(_pelton.player_id, "angle"), -PI, PI)
		_pelton.act("steer", [clamp(3.0 * off, -1.0, 1.0), 1.0 if abs(off) < 1.0 else 0.0])
		if nearest.length() < RANGE and abs(off) < 0.2:
			_pelton.act("shoot")
	if OS.get_ticks_msec() >= _ends_ms:
		_finish()


# The last frames have to prove that the replica is right before the seat is given back.
func _finish():
	if _verify_tick == 0:
		_verify_tick = _pelton.replica.tick
		_pelton.verify()
	elif _pelton.replica.tick > _verify_tick + 2:
		_pelton.leave()


func _nearest(ships, me):
	var best = Vector2(WORLD, 0)
	for id in ships.rows:
		if id != _pelton.player_id and ships.value(id, "respawn") == 0:
			var way = _across(me, _place(ships, id))
			if way.length() < best.length():
				best = way
	return best


func _place(ships, id):
	return Vector2(ships.value(id, "x"), ships.value(id, "y"))


# The short way: the world has no edges.
func _across(from, to):
	var way = to - from
	return Vector2(wrapf(way.x, -WORLD / 2, WORLD / 2), wrapf(way.y, -WORLD / 2, WORLD / 2))


func _ended(problem):
	if problem != "":
		printerr("pelton: %s" % problem)
	else:
		var replica = _pelton.replica
		var told = {
			"frames": _frames, "acked": _pelton.acked, "refused": _pelton.refused, "way": int(_way),
			"digests": replica.digests, "differing": replica.differing.size(),
		}
		print(JSON.print(told))
	quit(0 if problem == "" else 1)
