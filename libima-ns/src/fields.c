// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the fields of an entry say: ima_template_lib.c in the kernel. */
#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "entry.h"

static int ng_digest(const struct imans_entry *entry,
		     const struct imans_field *field,
		     struct imans_file_digest *digest)
{
	const char *bad = imans_field_digest(field, digest);

	return bad ? imans_field_err(entry, field, bad) : 0;
}

IMANS_API int imans_entry_file_digest(const struct imans_entry *entry,
				      struct imans_file_digest *digest)
{
	struct imans_field field;
	int ret = imans_entry_either_field(entry, IMANS_FIELD_D_NG,
					   IMANS_FIELD_D_NGV2, &field);

	if (ret == 0)
		return ng_digest(entry, &field, digest);
	if (ret != -ENODATA)
		return ret;
	ret = imans_entry_field_of(entry, IMANS_FIELD_D, &field);
	if (ret)
		return ret;
	/* "d" is MD5 or SHA-1 and doesn't say which; SHA-1 is what has 20. */
	memset(digest, 0, sizeof(*digest));
	strcpy(digest->algo, field.len == 16 ? "md5" : "sha1");
	digest->digest = field.data;
	digest->len = field.len;
	return 0;
}

static int string_field(const struct imans_entry *entry,
			const struct imans_field *field, const char **string,
			size_t *len)
{
	const char *bad = imans_field_string(field, string, len);

	return bad ? imans_field_err(entry, field, bad) : 0;
}

IMANS_API int imans_entry_name(const struct imans_entry *entry,
			       const char **name, size_t *len)
{
	struct imans_field field;
	int ret = imans_entry_either_field(entry, IMANS_FIELD_N_NG,
					   IMANS_FIELD_N, &field);

	if (ret)
		return ret;
	if (!entry->tmpl.bare)
		return string_field(entry, &field, name, len);
	if (field.len && memchr(field.data, 0, field.len))
		return imans_field_err(entry, &field, "a string holds a NUL");
	*name = (const char *)field.data;
	*len = field.len;
	return 0;
}

bool imans_entry_named(const struct imans_entry *entry, const char *name)
{
	const char *own;
	size_t len;

	return imans_entry_name(entry, &own, &len) == 0 &&
	       len == strlen(name) && memcmp(own, name, len) == 0;
}

/* An integer of that size; a field that was left empty is none. */
static int uint_field(const struct imans_entry *entry,
		      enum imans_field_kind kind, size_t size, uint64_t *value)
{
	struct imans_field field;
	int ret = imans_entry_field_of(entry, kind, &field);

	if (ret)
		return ret;
	if (field.len == 0)
		return -ENODATA;
	if (field.len != size)
		return imans_field_err(entry, &field,
				       "a number is not as long as its field");
	if (size == 8)
		*value = get_u64(field.data, entry->big);
	else if (size == 4)
		*value = get_u32(field.data, entry->big);
	else
		*value = get_u16(field.data, entry->big);
	return 0;
}

IMANS_API int imans_entry_nsid(const struct imans_entry *entry, uint64_t *nsid)
{
	return uint_field(entry, IMANS_FIELD_NSID, 8, nsid);
}

IMANS_API int imans_entry_iuid(const struct imans_entry *entry, uint32_t *uid)
{
	uint64_t value = 0;
	int ret = uint_field(entry, IMANS_FIELD_IUID, 4, &value);

	if (!ret)
		*uid = (uint32_t)value;
	return ret;
}

IMANS_API int imans_entry_igid(const struct imans_entry *entry, uint32_t *gid)
{
	uint64_t value = 0;
	int ret = uint_field(entry, IMANS_FIELD_IGID, 4, &value);

	if (!ret)
		*gid = (uint32_t)value;
	return ret;
}

IMANS_API int imans_entry_imode(const struct imans_entry *entry, uint16_t *mode)
{
	uint64_t value = 0;
	int ret = uint_field(entry, IMANS_FIELD_IMODE, 2, &value);

	if (!ret)
		*mode = (uint16_t)value;
	return ret;
}

IMANS_API int imans_entry_label(const struct imans_entry *entry,
				const char **label, size_t *len)
{
	struct imans_field field;
	int ret = imans_entry_field_of(entry, IMANS_FIELD_NSLABEL, &field);

	return ret ? ret : string_field(entry, &field, label, len);
}

static int bytes_field(const struct imans_entry *entry,
		       enum imans_field_kind kind, const uint8_t **data,
		       size_t *len)
{
	struct imans_field field;
	int ret = imans_entry_field_of(entry, kind, &field);

	if (ret)
		return ret;
	*data = field.data;
	*len = field.len;
	return 0;
}

IMANS_API int imans_entry_sig(const struct imans_entry *entry,
			      const uint8_t **sig, size_t *len)
{
	return bytes_field(entry, IMANS_FIELD_SIG, sig, len);
}

IMANS_API int imans_entry_buf(const struct imans_entry *entry,
			      const uint8_t **buf, size_t *len)
{
	return bytes_field(entry, IMANS_FIELD_BUF, buf, len);
}

IMANS_API int imans_entry_modsig(const struct imans_entry *entry,
				 const uint8_t **modsig, size_t *len)
{
	return bytes_field(entry, IMANS_FIELD_MODSIG, modsig, len);
}

IMANS_API int imans_entry_evmsig(const struct imans_entry *entry,
				 const uint8_t **evmsig, size_t *len)
{
	return bytes_field(entry, IMANS_FIELD_EVMSIG, evmsig, len);
}

IMANS_API int imans_entry_modsig_digest(const struct imans_entry *entry,
					struct imans_file_digest *digest)
{
	struct imans_field field;
	int ret = imans_entry_field_of(entry, IMANS_FIELD_D_MODSIG, &field);

	if (ret)
		return ret;
	/* The file has no appended signature. */
	return field.len ? ng_digest(entry, &field, digest) : -ENODATA;
}

/* The three fields that tell a file's extended attributes. */
struct xattrs {
	struct imans_field names, lengths, values;
};

static int get_xattrs(const struct imans_entry *entry, struct xattrs *x)
{
	int ret = imans_entry_field_of(entry, IMANS_FIELD_XATTRNAMES,
				       &x->names);

	if (!ret)
		ret = imans_entry_field_of(entry, IMANS_FIELD_XATTRLENGTHS,
					   &x->lengths);
	return ret ? ret : imans_entry_field_of(entry, IMANS_FIELD_XATTRVALUES,
						&x->values);
}

/* Where the next attribute begins in the three fields. */
struct xattr_walk {
	size_t n, name, value;
};

static int next_xattr(const struct imans_entry *entry, const struct xattrs *x,
		      struct xattr_walk *walk, struct imans_xattr *xattr)
{
	const uint8_t *name = x->names.data + walk->name;
	size_t left = x->names.len - walk->name, len = 0;
	size_t value_len;

	while (len < left && name[len] != '|' && name[len])
		len++;
	if (len == left || (!name[len] && len + 1 != left))
		return imans_field_err(entry, &x->names,
				       "names of attributes do not end in their only NUL");
	if (x->lengths.len / 4 <= walk->n)
		return imans_field_err(entry, &x->lengths,
				       "fewer lengths of attributes than names");
	value_len = get_u32(x->lengths.data + 4 * walk->n, entry->big);
	if (value_len > x->values.len - walk->value)
		return imans_field_err(entry, &x->values,
				       "an attribute runs past the values' end");
	*xattr = (struct imans_xattr){
		(const char *)name, len, x->values.data + walk->value,
		value_len
	};
	walk->n++;
	walk->name += len + 1;
	walk->value += value_len;
	return 0;
}

IMANS_API int imans_entry_each_xattr(const struct imans_entry *entry,
				     imans_xattr_fn fn, void *user)
{
	struct xattr_walk walk = { 0, 0, 0 };
	struct imans_xattr xattr;
	struct xattrs x;
	int ret = get_xattrs(entry, &x);

	while (!ret && walk.name < x.names.len) {
		ret = next_xattr(entry, &x, &walk, &xattr);
		if (!ret)
			ret = fn(user, &xattr);
	}
	if (ret)
		return ret;
	if (x.lengths.len != 4 * walk.n || x.values.len != walk.value)
		return imans_field_err(entry, &x.lengths,
				       "more lengths or values of attributes than names");
	return 0;
}
