"""The zip container of PyTorch's file format: stored records, each starting at a 64-byte boundary.

The writer produces the record layout of PyTorch's own archive writer: local headers with a trailing data descriptor,
an ``FB`` extra field that pads to the alignment, a zip64 end record. The reader trusts nothing in the file: every
offset and size is checked against the length of the file and every record against its CRC before it is handed out.
"""

import os
import struct
import zlib

ALIGNMENT = 64
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<IIQI")
_LOCAL_MAGIC, _CENTRAL_MAGIC, _DESCRIPTOR_MAGIC = 0x04034B50, 0x02014B50, 0x08074B50
_END_MAGIC, _END64_MAGIC, _LOCATOR64_MAGIC = 0x06054B50, 0x06064B50, 0x07064B50
_FLAGS = 0x0808  # names in UTF-8, sizes and CRC in a data descriptor
_MAX32 = 0xFFFFFFFF
_COPY_BLOCK = 1 << 24


class ArchiveError(RuntimeError):
    """The file is not a readable archive: truncated, corrupt, or of an unsupported kind."""


class ArchiveWriter:
    """Writes records one after the other to a binary file object that needs only ``write``.

    Args:
        file: object with ``write(bytes)``.
        name (str): folder inside the archive that all records lie in.
        compute_crc32 (bool): with False the CRC fields hold a hash of the size alone, as PyTorch's option does.
    """

    def __init__(self, file, name, *, alignment=ALIGNMENT, compute_crc32=True):
        self._file = file
        self._name = name
        self._alignment = alignment
        self._compute_crc32 = compute_crc32
        self._offset = 0
        self._entries = []

    def _write(self, data):
        self._file.write(data)
        self._offset += len(data) if isinstance(data, bytes) else memoryview(data).nbytes

    def write_record(self, name, data):
        """Writes the bytes-like `data` as record `name`."""
        encoded = f"{self._name}/{name}".encode()
        view = memoryview(data).cast("B")
        crc = zlib.crc32(view) if self._compute_crc32 else 0
        header_offset = self._offset
        start = header_offset + _LOCAL.size + len(encoded) + 4
        is_large = view.nbytes >= _MAX32 or header_offset >= _MAX32
        large_extra = b"" if not is_large else struct.pack("<HHQQ", 1, 16, view.nbytes, view.nbytes)
        padding = -(start + len(large_extra)) % self._alignment
        extra = large_extra + b"FB" + struct.pack("<H", padding) + b"Z" * padding
        size_field = _MAX32 if is_large else 0
        version = 45 if is_large else 0
        header = _LOCAL.pack(
            _LOCAL_MAGIC, version, _FLAGS, 0, 0, 0, 0, size_field, size_field, len(encoded), len(extra)
        )
        self._write(header + encoded + extra)
        for begin in range(0, view.nbytes, _COPY_BLOCK):
            self._write(view[begin : begin + _COPY_BLOCK])
        if view.nbytes or is_large:
            sizes = struct.pack("<QQ" if is_large else "<II", view.nbytes, view.nbytes)
            self._write(struct.pack("<II", _DESCRIPTOR_MAGIC, crc) + sizes)
        self._entries.append((encoded, header_offset, view.nbytes, crc))

    def write_end_of_file(self):
        """Writes the ``version`` and ``.data/serialization_id`` records and the central directory."""
        self.write_record("version", b"3\n")
        names = zlib.crc32(b"".join(entry[0] for entry in self._entries))
        contents = 0
        for entry in self._entries:
            contents = zlib.crc32(struct.pack("<QI", entry[2], entry[3]), contents)
        self.write_record(".data/serialization_id", f"{names:020d}{contents:020d}".encode())
        begin = self._offset
        for encoded, header_offset, size, crc in self._entries:
            self._write(_central_entry(encoded, header_offset, size, crc))
        length = self._offset - begin
        end64 = self._offset
        count = len(self._entries)
        self._write(_END64.pack(_END64_MAGIC, _END64.size - 12, 0x031E, 45, 0, 0, count, count, length, begin))
        self._write(_LOCATOR64.pack(_LOCATOR64_MAGIC, 0, end64, 1))
        few = min(count, 0xFFFF)
        self._write(_END.pack(_END_MAGIC, 0, 0, few, few, min(length, _MAX32), min(begin, _MAX32), 0))


def _central_entry(encoded, header_offset, size, crc):
    is_large = size >= _MAX32 or header_offset >= _MAX32
    extra = struct.pack("<HHQQQ", 1, 24, size, size, header_offset) if is_large else b""
    size_field = _MAX32 if is_large else size
    offset_field = _MAX32 if is_large else header_offset
    version = 45 if is_large else 0
    fields = (_CENTRAL_MAGIC, 0, version, _FLAGS, 0, 0, 0, crc, size_field, size_field, len(encoded), len(extra))
    return _CENTRAL.pack(*fields, 0, 0, 0, 0, offset_field) + encoded + extra


class _Record:
    __slots__ = ("header_offset", "size", "packed_size", "crc", "method")

    def __init__(self, header_offset, size, packed_size, crc, method):
        self.header_offset = header_offset
        self.size = size
        self.packed_size = packed_size
        self.crc = crc
        self.method = method


class ArchiveReader:
    """Reads the records of an archive from a seekable binary file object.

    Raises:
        ArchiveError: for anything that does not fit together: truncation, sizes beyond the file, wrong CRCs.
    """

    def __init__(self, file):
        self._file = file
        self._length = file.seek(0, os.SEEK_END)
        begin, length, count = self._find_directory()
        self._records = {}
        directory = self._read_at(begin, length)
        position = 0
        for _ in range(count):
            position = self._read_entry(directory, position)
        if not self._records:
            raise ArchiveError("archive does not contain any files")
        first = next(iter(self._records))
        self._prefix = first[: first.index("/") + 1] if "/" in first else ""

    def _read_at(self, offset, size):
        if offset < 0 or size < 0 or offset + size > self._length:
            raise ArchiveError(
                f"archive is truncated or corrupt: bytes [{offset}, {offset + size}) are outside of the file, "
                f"which has {self._length}"
            )
        self._file.seek(offset)
        data = self._file.read(size)
        if len(data) != size:
            raise ArchiveError(f"archive is truncated: expected {size} bytes at offset {offset}, got {len(data)}")
        return data

    def _find_directory(self):
        tail_size = min(self._length, 0xFFFF + _END.size)
        tail = self._read_at(self._length - tail_size, tail_size)
        at = tail.rfind(struct.pack("<I", _END_MAGIC))
        if at < 0 or at + _END.size > len(tail):
            raise ArchiveError("failed finding central directory")
        _, disk, _, _, count, length, begin, _ = _END.unpack_from(tail, at)
        end_offset = self._length - tail_size + at
        if end_offset >= _LOCATOR64.size:
            locator = _LOCATOR64.unpack(self._read_at(end_offset - _LOCATOR64.size, _LOCATOR64.size))
            if locator[0] == _LOCATOR64_MAGIC:
                fields = _END64.unpack(self._read_at(locator[2], _END64.size))
                if fields[0] != _END64_MAGIC:
                    raise ArchiveError("archive is corrupt: its zip64 end record is not where it should be")
                disk, count, length, begin = fields[4], fields[7], fields[8], fields[9]
        if disk != 0:
            raise ArchiveError("archives split over several files are not supported")
        if count * _CENTRAL.size > length:
            raise ArchiveError("archive is corrupt: its directory is too short for its number of records")
        return begin, length, count

    def _read_entry(self, directory, position):
        try:
            fields = _CENTRAL.unpack_from(directory, position)
        except struct.error:
            raise ArchiveError("archive is corrupt: its directory ends early") from None
        magic, _, _, flags, method, _, _, crc, packed, size, name_len, extra_len, comment_len = fields[:13]
        header_offset = fields[16]
        if magic != _CENTRAL_MAGIC:
            raise ArchiveError("archive is corrupt: bad entry in its directory")
        position += _CENTRAL.size
        end = position + name_len + extra_len + comment_len
        if end > len(directory):
            raise ArchiveError("archive is corrupt: its directory ends early")
        name = directory[position : position + name_len].decode("utf-8", "replace")
        extra = directory[position + name_len : position + name_len + extra_len]
        size, packed, header_offset = _zip64_fields(extra, size, packed, header_offset)
        if flags & 1 or method not in (0, 8):
            raise ArchiveError(f"archive record '{name}' is encrypted or compressed by an unsupported method")
        if header_offset + _LOCAL.size + packed > self._length or (method == 0 and size != packed):
            raise ArchiveError(f"archive is corrupt: record '{name}' reaches beyond the end of the file")
        self._records[name] = _Record(header_offset, size, packed, crc, method)
        return end

    def names(self):
        """Names of all records, without the archive's own folder."""
        return [name.removeprefix(self._prefix) for name in self._records]

    def has_record(self, name):
        return self._prefix + name in self._records

    def _record(self, name):
        record = self._records.get(self._prefix + name)
        if record is None:
            raise ArchiveError(f"archive has no record named '{name}': file not found in archive")
        return record

    def record_size(self, name):
        return self._record(name).size

    def record_offset(self, name):
        """Offset in the file of the first byte of a stored record."""
        record = self._record(name)
        fields = _LOCAL.unpack(self._read_at(record.header_offset, _LOCAL.size))
        if fields[0] != _LOCAL_MAGIC:
            raise ArchiveError(f"archive is corrupt: no header at record '{name}'")
        offset = record.header_offset + _LOCAL.size + fields[9] + fields[10]
        if offset + record.packed_size > self._length:
            raise ArchiveError(f"archive is corrupt: record '{name}' reaches beyond the end of the file")
        return offset

    def is_stored(self, name):
        return self._record(name).method == 0

    def read_record(self, name):
        """Returns the contents of a record as bytes."""
        record = self._record(name)
        data = self._read_at(self.record_offset(name), record.packed_size)
        if record.method:
            data = _inflate(data, record.size, name)
        _check_crc(data, record, name)
        return data

    def read_record_into(self, name, view):
        """Reads a record into a writable memoryview of exactly its size, without an intermediate copy."""
        record = self._record(name)
        if view.nbytes != record.size:
            raise ArchiveError(f"record '{name}' has {record.size} bytes, expected {view.nbytes}")
        if record.method or not hasattr(self._file, "readinto"):
            view[:] = self.read_record(name)
            return
        self._file.seek(self.record_offset(name))
        done = 0
        while done < view.nbytes:
            got = self._file.readinto(view[done : done + _COPY_BLOCK])
            if not got:
                raise ArchiveError(f"archive is truncated: record '{name}' ends after {done} bytes")
            done += got
        _check_crc(view, record, name)


def _zip64_fields(extra, size, packed, header_offset):
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        position += 4
        if tag == 1:
            wide = list(struct.unpack_from(f"<{min(length, len(extra) - position) // 8}Q", extra, position))
            try:
                if size == _MAX32:
                    size = wide.pop(0)
                if packed == _MAX32:
                    packed = wide.pop(0)
                if header_offset == _MAX32:
                    header_offset = wide.pop(0)
            except IndexError:
                raise ArchiveError("archive is corrupt: a zip64 field is missing") from None
        position += length
    return size, packed, header_offset


def _inflate(data, size, name):
    try:
        decoder = zlib.decompressobj(-15)
        data = decoder.decompress(data, size + 1)
    except zlib.error as error:
        raise ArchiveError(f"archive record '{name}' cannot be decompressed: {error}") from None
    if len(data) != size:
        raise ArchiveError(f"archive record '{name}' does not decompress to its {size} bytes")
    return data


def _check_crc(data, record, name):
    # Files written with CRCs switched off carry a zero there.
    if record.crc and zlib.crc32(data) != record.crc:
        raise ArchiveError(f"archive record '{name}' is corrupt: its CRC does not match")
