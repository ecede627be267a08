# Install for this user, read an image, install once more over itself, and remove it with the chats kept. NOT RUN YET.
#   powershell -ExecutionPolicy Bypass -File packaging\windows\smoke_test.ps1 dist\lorgnette-VERSION-windows-x86_64.exe
param([Parameter(Mandatory)][string]$Installer)
$ErrorActionPreference = "Stop"
$application = "$env:LOCALAPPDATA\Programs\Lorgnette"
$kept = "$env:LOCALAPPDATA\lorgnette\a_chat"
function Start-Checked($program, $options) {
    $ended = Start-Process -FilePath $program -ArgumentList $options -Wait -PassThru
    if ($ended.ExitCode -ne 0) { throw "$program ended with status $($ended.ExitCode)" }
}
function Assert-That($holds, $words) { if (-not $holds) { throw $words } }

foreach ($time in "first", "second") {
    Start-Checked $Installer "/VERYSILENT /SUPPRESSMSGBOXES /NORESTART /CURRENTUSER"
    $read = (& "$application\lorgnette.exe" ocr "$application\_internal\resources\samples\note.png") -join " "
    Assert-That ($read -eq "Gate B14 Boarding 09:35 Luggage: 23 kg") "The $time installation does not read: $read"
}
Assert-That (Test-Path "$([Environment]::GetFolderPath('Programs'))\Lorgnette\Lorgnette.lnk") "The start menu has no entry."
$window = Start-Process "$application\LorgnetteWindow.exe" -PassThru
Start-Sleep 15
Assert-That (-not $window.HasExited) "The window did not stay open."
Stop-Process -Id $window.Id
Start-Sleep 3
New-Item -ItemType Directory -Force (Split-Path $kept) | Out-Null
Set-Content $kept "kept"
Start-Checked "$application\unins000.exe" "/VERYSILENT /SUPPRESSMSGBOXES /NORESTART"
Start-Sleep 5 # The uninstaller's last step is done by a copy of it.
Assert-That (-not (Test-Path "$application\lorgnette.exe")) "The application is still there."
Assert-That (Test-Path $kept) "The chats are gone."
Remove-Item $kept
Write-Host "All of it worked."
