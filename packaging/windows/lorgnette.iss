; Inno Setup 6's recipe of the installer for Windows 10 and 11, 64 bits; packaging/windows/build.ps1 calls it. NOT RUN YET.
; It installs for the one user who starts it, without an administrator, and touches no chats unless asked to at removal.
; Given on the command line: /DAppVersion=0.1.0 /DBundle=dist\lorgnette /DOutput=dist

#ifndef AppVersion
  #error Give the version: /DAppVersion=0.1.0
#endif

[Setup]
; Never change AppId: by it an upgrade finds what is there.
AppId={{6B0A5C7E-3F0B-4E0C-9E0B-7C6F1D0E5A21}
AppName=Lorgnette
AppVersion={#AppVersion}
AppPublisher=The Lorgnette maintainers
VersionInfoVersion={#AppVersion}
DefaultDirName={autopf}\Lorgnette
DefaultGroupName=Lorgnette
DisableProgramGroupPage=yes
DisableDirPage=auto
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog commandline
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputDir={#Output}
OutputBaseFilename=lorgnette-{#AppVersion}-windows-x86_64
SetupIconFile=..\..\build\lorgnette.ico
UninstallDisplayIcon={app}\LorgnetteWindow.exe
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
ChangesEnvironment=yes
; Files in use are asked to be closed, not replaced at the next start.
CloseApplications=yes
RestartApplications=no
#ifdef Sign
SignTool=lorgnette
SignedUninstaller=yes
#endif

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"
Name: "es"; MessagesFile: "compiler:Languages\Spanish.isl"
Name: "ja"; MessagesFile: "compiler:Languages\Japanese.isl"
Name: "ar"; MessagesFile: "compiler:Languages\Arabic.isl"

[CustomMessages]
en.AddToPath=Let “lorgnette” be called in a terminal
de.AddToPath=„lorgnette“ im Terminal aufrufen können
es.AddToPath=Permitir llamar a «lorgnette» desde un terminal
ja.AddToPath=ターミナルで「lorgnette」を使えるようにする
ar.AddToPath=السماح بتشغيل «lorgnette» من الطرفية
en.RemoveData=Also delete your chats, settings and downloaded models? They cannot be brought back.
de.RemoveData=Auch Ihre Chats, Einstellungen und geladenen Modelle löschen? Sie lassen sich nicht wiederherstellen.
es.RemoveData=¿Eliminar también sus chats, ajustes y modelos descargados? No se podrán recuperar.
ja.RemoveData=チャット、設定、ダウンロードしたモデルも削除しますか？元に戻すことはできません。
ar.RemoveData=هل تريد أيضًا حذف محادثاتك وإعداداتك والنماذج التي نُزّلت؟ لا يمكن استعادتها.

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; GroupDescription: "{cm:AdditionalIcons}"; Flags: unchecked
Name: "addtopath"; Description: "{cm:AddToPath}"

[InstallDelete]
; What an older version has brought and this one does not; only ours lies here.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Bundle}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
Name: "{group}\Lorgnette"; Filename: "{app}\LorgnetteWindow.exe"
Name: "{autodesktop}\Lorgnette"; Filename: "{app}\LorgnetteWindow.exe"; Tasks: desktopicon

[Registry]
; Offered in “Open with”, the default of nothing.
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Lorgnette"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\LorgnetteWindow.exe"" ""%1"""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".png"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".jpg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".jpeg"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".webp"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".heic"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".tif"; ValueData: ""
Root: HKA; Subkey: "Software\Classes\Applications\LorgnetteWindow.exe\SupportedTypes"; ValueType: string; ValueName: ".pdf"; ValueData: ""

[Run]
Filename: "{app}\LorgnetteWindow.exe"; Description: "{cm:LaunchProgram,Lorgnette}"; Flags: nowait postinstall skipifsilent

[Code]
function EnvironmentRoot: Integer;
begin
  if IsAdminInstallMode then Result := HKEY_LOCAL_MACHINE else Result := HKEY_CURRENT_USER;
end;

function EnvironmentKey: String;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

{ The search path without our folder; empty if it is not set. }
function PathWithoutUs: String;
var
  Folders: String;
begin
  if not RegQueryStringValue(EnvironmentRoot, EnvironmentKey, 'Path', Folders) then Folders := '';
  Folders := ';' + Folders + ';';
  StringChangeEx(Folders, ';' + ExpandConstant('{app}') + ';', ';', True);
  while (Length(Folders) > 0) and (Folders[1] = ';') do Delete(Folders, 1, 1);
  while (Length(Folders) > 0) and (Folders[Length(Folders)] = ';') do Delete(Folders, Length(Folders), 1);
  Result := Folders;
end;

procedure SetPath(Folders: String);
begin
  RegWriteExpandStringValue(EnvironmentRoot, EnvironmentKey, 'Path', Folders);
end;

procedure CurStepChanged(CurStep: TSetupStep);
var
  Folders: String;
begin
  if (CurStep = ssPostInstall) and WizardIsTaskSelected('addtopath') then begin
    Folders := PathWithoutUs;
    if Folders <> '' then Folders := Folders + ';';
    SetPath(Folders + ExpandConstant('{app}'));
  end;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
begin
  if CurUninstallStep = usUninstall then begin
    if RegValueExists(EnvironmentRoot, EnvironmentKey, 'Path') then SetPath(PathWithoutUs);
  end;
  { Silent removal keeps them; so does the answer that Enter gives. }
  if (CurUninstallStep = usPostUninstall) and not UninstallSilent then
    if MsgBox(ExpandConstant('{cm:RemoveData}'), mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
      DelTree(ExpandConstant('{localappdata}\lorgnette'), True, True, True);
end;
