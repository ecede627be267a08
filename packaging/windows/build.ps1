# Build the bundle without torch and its installer on Windows 10 or 11, 64 bits, with Python 3.12, Inno Setup 6, MSYS2 and
# Visual Studio's compiler for C. NOT RUN YET.
#   powershell -ExecutionPolicy Bypass -File packaging\windows\build.ps1 [-Output dist]
# What is built lands in Output: lorgnette\, lorgnette-VERSION-windows-x86_64.exe, SHA256SUMS, and wheels\, where PyAV with a
# small FFmpeg is kept for the next time.
# To sign, give the command that signs one file, with $f in the file's place, as LORGNETTE_SIGN, for example:
#   signtool sign /fd sha256 /tr http://timestamp.digicert.com /td sha256 /n "NAME ON THE CERTIFICATE" $f
param([string]$Output = "dist")
$ErrorActionPreference = "Stop"
Set-StrictMode -Version Latest
Set-Location (Join-Path $PSScriptRoot "..\..")
function Step($words) { Write-Host "`n== $words" }
# Windows PowerShell goes on after a program that has failed.
function Invoke-Checked {
    $program, $rest = $args
    & $program @rest
    if ($LASTEXITCODE -ne 0) { throw "$program ended with status $LASTEXITCODE" }
}

$compiler = (Get-Command iscc -ErrorAction SilentlyContinue).Source
if (-not $compiler) { $compiler = "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe" }
if (-not (Test-Path $compiler)) { throw "Inno Setup 6 is missing. Install it (winget install JRSoftware.InnoSetup), then start again." }
$shell = Join-Path $(if ($env:MSYS2) { $env:MSYS2 } else { "C:\msys64" }) "usr\bin\bash.exe"
if (-not (Test-Path $shell)) { throw "MSYS2 is missing. Install it (winget install MSYS2.MSYS2), or name its folder in MSYS2, then start again." }

Step "a clean virtual environment"
$work = Join-Path ([IO.Path]::GetTempPath()) ("lorgnette-" + [Guid]::NewGuid())
try {
    $launcher = if ($env:PYTHON) { $env:PYTHON } else { "python" }
    Invoke-Checked $launcher -m venv "$work\venv"
    $python = "$work\venv\Scripts\python.exe"
    $pip = @("-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--no-deps")
    New-Item -ItemType Directory -Force build, "$Output\wheels" | Out-Null
    $wheels = (Resolve-Path "$Output\wheels").Path
    $env:MSYSTEM = "MINGW64"
    $env:CHERE_INVOKING = "1"  # It stays in this folder.
    Invoke-Checked $shell -lc "pacman -S --needed --noconfirm curl diffutils make tar xz mingw-w64-x86_64-{gcc,nasm,pkgconf,dav1d,zlib}"
    Invoke-Checked $shell -l packaging/small_av.sh $python $wheels
    Invoke-Checked $python @pip (Get-Item "$wheels\av-*.whl").FullName
    Invoke-Checked $python @pip --require-hashes --requirement packaging\locks\bundle.txt
    Invoke-Checked $python @pip --no-build-isolation .
    $version = & $python -c "from app import __version__; print(__version__)"

    Step "the bundle"
    Invoke-Checked $python packaging\draw_icon.py 256 build\lorgnette.ico
    Invoke-Checked "$work\venv\Scripts\pyinstaller.exe" --noconfirm --log-level WARN --distpath "$work\dist" --workpath "$work\build" packaging\lorgnette.spec
    Invoke-Checked $python packaging\write_licences.py "$work\dist\lorgnette"
    Invoke-Checked $python packaging\sbom.py --bundle "$work\dist\lorgnette"
    if (Test-Path "$Output\lorgnette") { Remove-Item -Recurse -Force "$Output\lorgnette" }
    Move-Item "$work\dist\lorgnette" "$Output\lorgnette"
    $bundle = (Resolve-Path "$Output\lorgnette").Path

    Step "it reads"
    $read = (& "$bundle\lorgnette.exe" ocr "$bundle\_internal\resources\samples\note.png") -join " "
    if ($read -ne "Gate B14 Boarding 09:35 Luggage: 23 kg") { throw "The bundle does not read: $read" }

    Step "the installer"
    $options = @("/Qp", "/DAppVersion=$version", "/DBundle=$bundle", "/DOutput=$((Resolve-Path $Output).Path)")
    if ($env:LORGNETTE_SIGN) {
        foreach ($file in "lorgnette.exe", "LorgnetteWindow.exe") {
            $command = $env:LORGNETTE_SIGN.Replace('$f', "`"$bundle\$file`"")
            Invoke-Checked cmd.exe /d /c $command
        }
        # Inno Setup writes a quotation mark as $q.
        $options += "/DSign", ("/Slorgnette=" + $env:LORGNETTE_SIGN.Replace('"', '$q'))
    }
    Invoke-Checked $compiler @options packaging\windows\lorgnette.iss
    $installer = "lorgnette-$version-windows-x86_64.exe"
    $digest = (Get-FileHash -Algorithm SHA256 "$Output\$installer").Hash.ToLower()
    [IO.File]::WriteAllText("$((Resolve-Path $Output).Path)\SHA256SUMS", "$digest  $installer`n")
    Write-Host "$installer`: $([math]::Round((Get-Item "$Output\$installer").Length / 1MB)) MB"
}
finally {
    if (Test-Path $work) { Remove-Item -Recurse -Force $work }
}
