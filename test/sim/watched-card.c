// A PKCS#11 module in front of SoftHSM that plays the reader: which card is in it is written in a file, a card that is taken
// out ends its sessions as PKCS #11 v2.40, 5.6 wants it, and every signature that was made is written down.
//
// In the folder that WATCHED_CARD names:
//   inserted     label of the card in the reader; empty: none; no such file: every card
//   out-after    after so many signatures, the card is taken out in the middle of the next
//   slow         milliseconds that a signature takes
//   signatures   one line for each signature: what was signed, in hex

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pkcs11/pkcs11.h>

static const char *softhsm = "/usr/lib/softhsm/libsofthsm2.so";
static CK_FUNCTION_LIST_PTR card;
static CK_FUNCTION_LIST watched;
static char before[64] = "*";

static void path_of(char *path, size_t size, const char *name) {
  const char *folder = getenv("WATCHED_CARD");
  snprintf(path, size, "%s/%s", folder == NULL ? "." : folder, name);
}

/* -1 where there is no such file. */
static long number_in(const char *name) {
  char path[512];
  path_of(path, sizeof path, name);
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  long number = -1;
  if (fscanf(file, "%ld", &number) != 1) number = -1;
  fclose(file);
  return number;
}

static void end_sessions(void) {
  CK_SLOT_ID slots[16];
  CK_ULONG count = 16;
  if (card->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK) return;
  for (CK_ULONG i = 0; i < count; i++) card->C_CloseAllSessions(slots[i]);
}

/* "*": every card. */
static const char *inserted(void) {
  char path[512], label[64] = "*";
  path_of(path, sizeof path, "inserted");
  FILE *file = fopen(path, "r");
  if (file != NULL) {
    label[fread(label, 1, sizeof label - 1, file)] = 0;
    fclose(file);
  }
  if (strcmp(label, before) != 0) {
    end_sessions();
    strcpy(before, label);
  }
  return before;
}

static int is_in(CK_SLOT_ID slot) {
  const char *label = inserted();
  if (strcmp(label, "*") == 0) return 1;
  CK_TOKEN_INFO info;
  if (label[0] == 0 || card->C_GetTokenInfo(slot, &info) != CKR_OK) return 0;
  return strncmp((const char *)info.label, label, strlen(label)) == 0;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  CK_SLOT_ID all[16];
  CK_ULONG known = 16, found = 0;
  CK_RV rv = card->C_GetSlotList(present, all, &known);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG i = 0; i < known; i++) {
    if (present && !is_in(all[i])) continue;
    if (slots != NULL) {
      if (found >= *count) return CKR_BUFFER_TOO_SMALL;
      slots[found] = all[i];
    }
    found++;
  }
  *count = found;
  return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info) {
  return is_in(slot) ? card->C_GetTokenInfo(slot, info) : CKR_TOKEN_NOT_PRESENT;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR data, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session) {
  return is_in(slot) ? card->C_OpenSession(slot, flags, data, notify, session) : CKR_TOKEN_NOT_PRESENT;
}

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info) {
  inserted();
  return card->C_GetSessionInfo(session, info);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key) {
  inserted();
  return card->C_SignInit(session, mechanism, key);
}

static long signatures(void) {
  char path[512];
  path_of(path, sizeof path, "signatures");
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  long lines = 0;
  for (int c = fgetc(file); c != EOF; c = fgetc(file)) lines += c == '\n';
  fclose(file);
  return lines;
}

static void write_down(CK_BYTE_PTR data, CK_ULONG length) {
  char path[512], line[1100];
  path_of(path, sizeof path, "signatures");
  size_t end = 0;
  for (CK_ULONG i = 0; i < length && end < 1090; i++) end += snprintf(line + end, 3, "%02x", data[i]);
  line[end++] = '\n';
  FILE *file = fopen(path, "a");
  if (file == NULL) return;
  fwrite(line, 1, end, file);
  fclose(file);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG length, CK_BYTE_PTR value,
                  CK_ULONG_PTR value_length) {
  char path[512];
  long after = number_in("out-after"), slow = number_in("slow");
  if (slow > 0) usleep((useconds_t)slow * 1000);
  if (after >= 0 && signatures() >= after) {
    path_of(path, sizeof path, "out-after");
    unlink(path);
    path_of(path, sizeof path, "inserted");
    FILE *file = fopen(path, "w");
    if (file != NULL) fclose(file);
    return CKR_DEVICE_REMOVED;
  }
  inserted();
  CK_RV rv = card->C_Sign(session, data, length, value, value_length);
  if (rv == CKR_OK && value != NULL) write_down(data, length);
  return rv;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  if (card == NULL) {
    void *library = dlopen(softhsm, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return CKR_GENERAL_ERROR;
    CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
    if (get == NULL || get(&card) != CKR_OK) return CKR_GENERAL_ERROR;
    watched = *card;
    watched.C_GetFunctionList = C_GetFunctionList;
    watched.C_GetSlotList = get_slot_list;
    watched.C_GetTokenInfo = get_token_info;
    watched.C_OpenSession = open_session;
    watched.C_GetSessionInfo = get_session_info;
    watched.C_SignInit = sign_init;
    watched.C_Sign = sign;
  }
  *list = &watched;
  return CKR_OK;
}
